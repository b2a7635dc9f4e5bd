"""The form in which an operator asks for a replay, and the fields that it shares with others of its kind."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from dispatch.admin.bars import (
    LAST_ERRORS,
    SubscriberField,
    SuggestedInput,
    choice_field,
    status_field,
    topic_field,
)
from dispatch.admin.counted import CountedForm
from dispatch.models.delivery import REPLAYABLE_REASONS, SETTLED
from dispatch.moments import moment
from dispatch.replays.requesting import ReplayRefusedError, wish
from subscribers.models import Subscriber

RATE_HELP = "Deliveries a second. Empty: as fast as it goes."
TIME_HELP = "2h, 30m or 7d ago, or a time such as 2026-01-31T08:00 (UTC)."


class MomentField(forms.CharField):
    """A time, written as so long ago or in ISO 8601."""

    widget = UnfoldAdminTextInputWidget

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        try:
            return moment(text, timezone.now()) if text else None
        except ValueError as error:
            raise forms.ValidationError(str(error), code="no_time") from error


def rate_field() -> forms.FloatField:
    return forms.FloatField(required=False, widget=UnfoldAdminTextInputWidget, help_text=RATE_HELP)


class ReceiverField(SubscriberField):
    """A subscriber to which something can be sent: one that was deleted is refused in words."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": SuggestedInput("suggest_subscribers", placeholder="name or id"), **kwargs})

    def clean(self, value: Any) -> Subscriber | None:
        found = super().clean(value)
        if found and found.deleted_at:
            reason = f"{found} was deleted, so nothing can be sent to it. Its deliveries stay in their list."
            raise forms.ValidationError(reason, code="deleted")
        return found


class ReplayForm(CountedForm):
    """A replay by criteria: what matches all of them is sent."""

    decisive: ClassVar = ("subscriber", "topic", "state", "status", "error", "reason", "since", "until")

    subscriber = ReceiverField(required=False, help_text="To whom they went: its name or id. Empty: to anybody.")
    topic = topic_field(help_text="Of their events, in full. Empty: every topic.")
    state = forms.ChoiceField(
        required=False,
        choices=[("", "every settled state"), *((state.value, state.label) for state in SETTLED)],
        widget=UnfoldAdminSelectWidget,
        help_text="Where they stand now. What still waits is sent anyway, and cannot be replayed.",
    )
    status = status_field(help_text="What the last attempt was answered: 503, or 5xx for all of its kind.")
    error = choice_field(LAST_ERRORS, "any error", help_text="Why the last attempt brought no answer.")
    reason = choice_field(
        [(reason.value, reason.label) for reason in REPLAYABLE_REASONS],
        "any reason",
        help_text="Why they were given up or cancelled.",
    )
    since = MomentField(required=False, label="Made since", help_text=TIME_HELP)
    until = MomentField(required=False, label="Made before", help_text="Written likewise. Empty: until now.")
    rate = rate_field()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        names = ("subscriber", "topic", "state", "reason", "error", "since", "until")
        given = {name: cleaned[name] for name in names}
        try:
            self.wished = wish(**given, statuses=cleaned["status"], rate_per_second=cleaned["rate"])
        except ReplayRefusedError as error:
            raise forms.ValidationError(str(error), code="refused") from error
        return cleaned
