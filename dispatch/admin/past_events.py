"""Past events from a subscriber's page: counted, and tried on its filter, before they are asked for."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

from dispatch.admin.counted import CountedForm, ask_for, counted, is_asked
from dispatch.admin.forms import TIME_HELP, MomentField, rate_field
from dispatch.admin.history import HistoricSubscriberAdmin
from dispatch.backtesting import BackTest, back_test
from dispatch.replays.requesting import ReplayRefusedError, backfill_wish
from dispatch.replays.selecting import Count, count_events
from dispatch.replays.telling import about
from dispatch.turns import BusyError, turn
from subscribers.filters import FilterError
from subscribers.models import Subscriber

#: So long the filter is tried on the newest of the events.
TRIED_SECONDS = 0.5


class PastEventsForm(CountedForm):
    decisive: ClassVar = ("since",)

    since = MomentField(label="Published since", help_text=TIME_HELP)
    rate = rate_field()

    def __init__(self, data: Any, subscriber: Subscriber) -> None:
        super().__init__(data)
        self.subscriber = subscriber

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            self.wished = backfill_wish(self.subscriber, cleaned["since"], cleaned["rate"])
        except ReplayRefusedError as error:
            raise forms.ValidationError(str(error), code="refused") from error
        return cleaned


class PastEventsSubscriberAdmin(HistoricSubscriberAdmin):
    """Adds *Deliver past events* to a subscriber's page."""

    def has_replay_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("dispatch.change_delivery")

    @action(description="Deliver past events", icon="history", permissions=["replay"])
    def deliver_past(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Counts the events, and asks for them once the count was seen."""
        subscriber = self._asked_for(request, object_id)
        form = PastEventsForm(request.POST or None, subscriber)
        if is_asked(request, form):
            return ask_for(request, form.wished)
        number = counted(request, form, count_events)
        context = {
            "form": form,
            "verb": "Deliver",
            "counted": number,
            "about": about(form.wished, is_one=number.is_one) if number else "",
            "taken": _taken(subscriber, form.cleaned_data["since"], number) if number and number.number else "",
        }
        return self._page(request, subscriber, "past_events.html", "Deliver past events to", context)


def _taken(subscriber: Subscriber, since: datetime, number: Count) -> str:
    """How many of them its filter takes, as far as that can be told at once."""
    if not subscriber.filter_expression.strip():
        return "It has no filter, so it takes every one."
    try:
        with turn():
            tried = back_test(subscriber.topic, subscriber.filter_expression, since=since, seconds=TRIED_SECONDS)
    except BusyError:
        return "Its filter is asked of each of them."
    except FilterError:
        return "Its filter does not compile: they are held, and judged once it is mended."
    return f"Its filter takes {tried.taken.count:,} of {_whose(tried, number)}."


def _whose(tried: BackTest, number: Count) -> str:
    is_all = number.is_exact and tried.looked_at >= number.number
    return f"{number}" if is_all else f"the newest {tried.looked_at:,}"
