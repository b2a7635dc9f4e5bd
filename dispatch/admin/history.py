"""The history of a subscriber in the admin: who changed what and when, and the way back."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms.widgets import Media
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.decorators import display

from dispatch.shown.times import TIMES, shown_time
from subscribers.acting import because
from subscribers.admin import SubscriberAdmin
from subscribers.forms import SubscriberForm
from subscribers.history import SHOWN, Change, changes, compared, written
from subscribers.models import Subscriber
from subscribers.querysets import MAX_ID_DIGITS

SCRIPTS: list[Any] = [TIMES]  # the stubs know of plain paths only
#: What a reversion writes: all that the form does, but for the secret, which the history does not have.
REVERTED = tuple(name for name in SubscriberForm.Meta.fields if name != "secret")


class HistoricSubscriberAdmin(SubscriberAdmin):
    """Adds the history to a subscriber's page."""

    @display(description="Last change")
    def last_change(self, subscriber: Subscriber) -> str:
        newest = changes(subscriber, limit=1)[0]
        url = reverse("admin:subscribers_subscriber_history", args=[subscriber.pk])
        told = '{} by {} · <a class="switch-link" href="{}">Show all changes</a>'
        return format_html(told, shown_time(newest.at, is_long=True), newest.name or "unknown", url)

    def get_urls(self) -> list[URLPattern]:
        revert = self.admin_site.admin_view(self.revert_view)
        pattern = "<int:object_id>/history/<int:record_id>/revert/"
        return [path(pattern, revert, name="subscribers_subscriber_revert"), *super().get_urls()]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        subscriber = self._asked_for(request, object_id)
        if not self.has_view_or_change_permission(request, subscriber):
            raise PermissionDenied
        shown = changes(subscriber, _before(request))
        context = {
            "changes": shown,
            "older": _older(subscriber, shown),
            "can_revert": self.has_change_permission(request, subscriber),
            "current": None if _before(request) else shown[0].id,
        }
        return self._page(request, subscriber, "history.html", "Changes of", context)

    def revert_view(self, request: HttpRequest, object_id: int, record_id: int) -> HttpResponse:
        """Shows what would change, and changes it when that is confirmed."""
        subscriber = self._asked_for(request, str(object_id))
        if not self.has_change_permission(request, subscriber):
            raise PermissionDenied
        values = written(record_id, subscriber, REVERTED)
        if values is None:
            raise Http404
        differences = compared(subscriber, values)
        form = SubscriberForm(data=values, instance=Subscriber.objects.get(pk=subscriber.pk))
        if request.method == "POST" and form.is_valid():
            return self._revert(request, form, values["history_date"])
        context = {"form": form if request.method == "POST" else None, "differences": differences, "values": values}
        return self._page(request, subscriber, "revert.html", "Revert", context)

    def _revert(self, request: HttpRequest, form: Any, moment: Any) -> HttpResponse:
        told = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
        with because(f"Reverted to how it was at {told}."):
            self.save_model(request, form.instance, form, change=True)
        messages.success(request, f"It is as it was at {told}. Its state and its secret stay as they are.")
        return redirect("admin:subscribers_subscriber_change", form.instance.pk)

    def _asked_for(self, request: HttpRequest, object_id: str) -> Subscriber:
        subscriber = self.get_object(request, object_id)
        if not isinstance(subscriber, Subscriber):
            raise Http404
        return subscriber

    def _page(
        self, request: HttpRequest, subscriber: Subscriber, template: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        whole = {
            **self.admin_site.each_context(request),
            "title": f"{title} {subscriber}",
            "subscriber": subscriber,
            "object": subscriber,
            "original": subscriber,
            "opts": self.opts,
            "media": Media(js=SCRIPTS),
            **context,
        }
        return TemplateResponse(request, f"dispatch/admin/{template}", whole)


def _older(subscriber: Subscriber, shown: list[Change]) -> int | None:
    """Before which record the next page begins, if there is one."""
    last = shown[-1].id if len(shown) >= SHOWN else None
    return last if last and Subscriber.history.filter(id=subscriber.pk, history_id__lt=last).exists() else None


def _before(request: HttpRequest) -> int | None:
    text = request.GET.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < MAX_ID_DIGITS else None
