"""The page that says why a subscriber got an event, or why it did not."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextInputWidget

from dispatch.admin.bars import SubscriberField
from dispatch.admin.explaining import next_step
from dispatch.admin.ledger import as_id
from dispatch.models import Event
from dispatch.shown.explanation import shown_explanation
from dispatch.shown.times import TIMES, ModuleScript
from dispatch.why_not import Answer, Cause, Judged, why
from subscribers.models import Subscriber

#: What to do about it.
ADVICE = {
    Cause.LATER: "Deliver past events, on the subscriber's page, makes up for it.",
    Cause.OTHER_TOPIC: "Topics are compared letter by letter, in their case; a * at the end stands for anything.",
    Cause.FALSE: "Change the filter if it should take such events. Deliver past events makes up for what has passed.",
    Cause.UNKNOWN: (
        "A key that is missing, or of another type, makes a filter unknown: use .get with a default, or test for it."
    ),
    Cause.CHANGED: "Deliver past events, on the subscriber's page, sends it by the filter of today.",
}
NEEDED = ("dispatch.view_event", "dispatch.view_delivery", "subscribers.view_subscriber")
ASKED = ("event", "subscriber")
SCRIPTS: list[Any] = [TIMES, ModuleScript("dispatch/suggestions.js")]


class EventField(forms.CharField):
    """An event's id."""

    def clean(self, value: Any) -> Event:
        event_id = as_id(super().clean(value))
        found = Event.objects.filter(pk=event_id).first() if event_id else None
        if found is None:
            raise ValidationError("There is no event with this id: take it from the list of events.", code="unknown")
        return found


class WhyForm(forms.Form):
    event = EventField(
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "its id"}),
        help_text="The id from its page, or from the answer to its publish.",
    )
    subscriber = SubscriberField(help_text="Its name or id; one that was deleted is found as well.")


@admin.site.admin_view
def why_not_view(request: HttpRequest) -> HttpResponse:
    """For those who may see both sides. Until both are named it asks for them."""
    if not request.user.has_perms(NEEDED):
        raise PermissionDenied
    is_asked = all(request.GET.get(name) for name in ASKED)
    form = WhyForm(request.GET) if is_asked else WhyForm(initial=request.GET.dict())
    context = {
        **admin.site.each_context(request),
        "title": "Why not?",
        "form": form,
        "media": forms.Media(js=SCRIPTS),
        **(_answered(**form.cleaned_data) if is_asked and form.is_valid() else {}),
    }
    return TemplateResponse(request, "dispatch/admin/why_not.html", context)


def _answered(event: Event, subscriber: Subscriber) -> dict[str, Any]:
    answer = why(event, subscriber)
    page = reverse("admin:subscribers_subscriber_change", args=[subscriber.pk])
    return {
        "event": event,
        "subscriber": subscriber,
        "answer": answer,
        "next": next_step(answer.delivery) if answer.delivery else "",
        "advice": ADVICE.get(answer.cause, "") if subscriber.deleted_at is None else "",
        "blocks": _blocks(answer),
        "subscriber_url": page if subscriber.deleted_at is None else "",
    }


def _blocks(answer: Answer) -> list[dict[str, Any]]:
    """The filter in force then, where it was another one, and that of today."""
    if answer.then is not None:
        return [_block("The filter in force then", answer.then), _block("The filter of today", answer.now)]
    title = "The filter, then and today" if answer.known.expression is not None else "The filter of today"
    return [_block(title, answer.now)]


def _block(title: str, judged: Judged) -> dict[str, Any]:
    tree = shown_explanation(judged.tree, judged.blamed) if judged.tree else ""
    return {"title": title, "judged": judged, "tree": tree}
