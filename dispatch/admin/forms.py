"""The forms in which an operator asks for a replay or a backfill."""

import json
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from dispatch.admin.bars import LAST_ERRORS, SuggestedInput, choice_field, status_field, topic_field
from dispatch.models import Delivery, Replay
from dispatch.models.delivery import SETTLED
from dispatch.moments import moment
from dispatch.replays.requesting import ReplayRefusedError, backfill_wish, wish
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


class SubscriberField(forms.CharField):
    """A subscriber's name or id."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"widget": SuggestedInput("suggest_subscribers"), **kwargs})

    def clean(self, value: Any) -> Subscriber | None:
        text = super().clean(value)
        found = Subscriber.objects.all().called(text)
        if text and found is None:
            raise forms.ValidationError(f"There is no subscriber with the name or id {text}.", code="unknown")
        return found


class ReplayForm(forms.Form):
    """`wished` is the replay that a valid form asks for. It is confirmed once its own count was seen."""

    subscriber = SubscriberField(required=False, help_text="Its name or id.")
    topic = topic_field()
    state = forms.ChoiceField(
        required=False,
        choices=[("", "every settled state"), *((state.value, state.label) for state in SETTLED)],
        widget=UnfoldAdminSelectWidget,
    )
    status = status_field()
    error = choice_field(LAST_ERRORS, "any error")
    reason = choice_field([choice for choice in Delivery.Reason.choices if choice[0]], "any reason")
    since = MomentField(required=False, label="Made since", help_text=TIME_HELP)
    until = MomentField(required=False, label="Made before", help_text="Written likewise. Empty: until now.")
    rate = forms.FloatField(required=False, widget=UnfoldAdminTextInputWidget, help_text=RATE_HELP)
    counted_for = forms.CharField(required=False, widget=forms.HiddenInput)

    wished: Replay

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

    @property
    def criteria(self) -> str:
        """What was entered, to tell whether it has been changed since it was counted."""
        names = ("subscriber", "topic", "state", "status", "error", "reason", "since", "until")
        return json.dumps([self.data.get(name, "") for name in names])

    @property
    def is_confirmed(self) -> bool:
        return bool(self.cleaned_data["counted_for"] == self.criteria)


class PastEventsForm(BaseDialogForm):
    since = MomentField(label="Published since", help_text=TIME_HELP)
    rate = forms.FloatField(required=False, widget=UnfoldAdminTextInputWidget, help_text=RATE_HELP)

    wished: Replay

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        subscriber = Subscriber.objects.all().called(str(self.object_id))
        if subscriber is None:
            raise forms.ValidationError("The subscriber was deleted.", code="unknown")
        try:
            self.wished = backfill_wish(subscriber, cleaned["since"], cleaned["rate"])
        except ReplayRefusedError as error:
            raise forms.ValidationError(str(error), code="refused") from error
        return cleaned
