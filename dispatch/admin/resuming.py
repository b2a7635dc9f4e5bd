"""The end of a pause in the admin, of one subscriber or of several: what was held is sent or discarded."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from dispatch.admin.history import HistoricSubscriberAdmin
from dispatch.replays.requesting import MAX_RATE, MIN_RATE
from dispatch.resuming import backlog, resume, waiting
from subscribers.models import Subscriber
from subscribers.querysets import SubscriberQuerySet

SENT = "What was held is sent, oldest first; that begins within seconds."


def backlog_field() -> forms.ChoiceField:
    """Without a word it is sent."""
    return forms.ChoiceField(
        required=False,
        choices=[("send", "Send it"), ("discard", "Discard it")],
        initial="send",
        widget=UnfoldAdminRadioSelectWidget,
        help_text="To discard cancels all that waits, retries included; it is kept, and can be replayed.",
    )


class ResumeForm(BaseDialogForm):
    """What becomes of what was held, and how fast."""

    backlog = backlog_field()
    rate = forms.FloatField(
        required=False,
        min_value=MIN_RATE,
        max_value=MAX_RATE,
        label="Rate limit",
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        subscriber = Subscriber.objects.all().called(str(object_id))
        held = backlog(subscriber.pk) if subscriber else None
        self.fields["backlog"].label = f"Held for it: {held.told}" if held and held.count else "Nothing is held for it"
        limit = subscriber.rate_limit_per_second if subscriber else None
        stands = f"{limit:g} a second" if limit else "none"
        self.fields[
            "rate"
        ].help_text = (
            f"Requests a second, new events included, until its form is changed. Empty: it stays as it is, {stands}."
        )

    @property
    def discards(self) -> bool:
        return bool(self.cleaned_data["backlog"] == "discard")


class ResumeSelectedForm(forms.Form):
    """The same word for all; each keeps its rate limit."""

    backlog = backlog_field()


class ResumingSubscriberAdmin(HistoricSubscriberAdmin):
    """Adds *Resume* to a subscriber's page, and to the actions of the list."""

    actions = ("pause_selected", "resume_selected")

    @action(
        description="Resume",
        icon="play_arrow",
        permissions=["change"],
        dialog={
            "title": "Resume this subscriber?",
            "description": "Its events are sent again from now on. Choose what becomes of those that were held. "
            "They are sent oldest first, as quickly as the subscriber answers and its rate limit allows; "
            "its page shows how far that is, and Pause stops it.",
            "form_class": ResumeForm,
            "form_submit_text": "Resume",
        },
    )
    def resume(self, request: HttpRequest, form: ResumeForm, object_id: str) -> HttpResponse:
        chosen = Subscriber.objects.filter(pk=object_id)
        resumed = resume(chosen, discard=form.discards, rate_limit_per_second=form.cleaned_data["rate"])
        if form.discards:
            messages.success(request, f"Resumed. Discarded: {resumed.discarded:,}. What comes from now on is sent.")
        else:
            messages.success(request, f"Resumed. {SENT}")
        return self._back_to(object_id)

    @admin.action(description="Resume", permissions=["change"])
    def resume_selected(self, request: HttpRequest, queryset: SubscriberQuerySet) -> HttpResponse | None:
        """Asks what becomes of what was held for them, before any of them is resumed."""
        paused = list(queryset.paused())
        if not paused:
            messages.warning(request, "None of them is paused.")
            return None
        form = ResumeSelectedForm(request.POST if "post" in request.POST else None)
        if not form.is_valid():
            return self._ask_what_becomes(request, paused, form)
        discards = form.cleaned_data["backlog"] == "discard"
        resumed = resume(queryset, discard=discards)
        what = f"Discarded: {resumed.discarded:,}. What comes from now on is sent." if discards else SENT
        messages.success(request, f"Resumed: {resumed.subscribers}. {what}")
        return None

    def _ask_what_becomes(
        self, request: HttpRequest, paused: list[Subscriber], form: ResumeSelectedForm
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Resume subscribers",
            "opts": self.opts,
            "paused": paused,
            "waiting": waiting([each.pk for each in paused]),
            "form": form,
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "dispatch/admin/resume_selected.html", context)
