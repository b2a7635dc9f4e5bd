"""What lists can be narrowed by: only what an index leads to, so that no list ever walks through a whole table."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django_filters import rest_framework as filters

from dispatch.identifiers import first_id_at
from dispatch.models import Attempt, Delivery, Event
from subscribers.models import Subscriber

MAX_ID = (1 << 63) - 1
#: No index knows authors: whoever names one says in which time to look.
AUTHOR_SPAN = timedelta(hours=24)


class IdField(forms.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "min_value": 1, "max_value": MAX_ID})


class IdFilter(filters.NumberFilter):
    field_class = IdField  # type: ignore[assignment] # whole numbers are numbers


class SpanFilter(filters.FilterSet):
    """A time span, which the ids hold."""

    after = filters.IsoDateTimeFilter(method="since", label="Made at this time or later.")
    before = filters.IsoDateTimeFilter(method="until", label="Made before this time.")

    def since(self, queryset: QuerySet[Any], name: str, moment: datetime) -> QuerySet[Any]:
        return queryset.filter(pk__gte=first_id_at(moment))

    def until(self, queryset: QuerySet[Any], name: str, moment: datetime) -> QuerySet[Any]:
        return queryset.filter(pk__lt=first_id_at(moment))


class EventForm(forms.Form):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("idempotency_key") and not cleaned.get("author"):
            self.add_error("idempotency_key", "Idempotency keys are an author's own: give author as well.")
        if cleaned.get("author") and not cleaned.get("idempotency_key") and not self._has_short_span(cleaned):
            self.add_error("author", "With author give after and before, at most 24 hours apart, or idempotency_key.")
        return cleaned

    def _has_short_span(self, cleaned: dict[str, Any]) -> bool:
        after, before = cleaned.get("after"), cleaned.get("before")
        return bool(after and before and before - after <= AUTHOR_SPAN)


class EventFilter(SpanFilter):
    topic = filters.CharFilter(label="A topic, in full.", strip=False)
    author = filters.CharFilter(label="With a time span of at most 24 hours, or an idempotency key.")
    idempotency_key = filters.CharFilter(label="With author.")

    class Meta:
        model = Event
        form = EventForm
        fields: ClassVar = ["topic", "author", "idempotency_key"]


class DeliveryForm(forms.Form):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("reason") and not any(cleaned.get(name) for name in ("subscriber", "event", "state")):
            self.add_error("reason", "With reason give subscriber, event or state.")
        return cleaned


class DeliveryFilter(SpanFilter):
    subscriber = IdFilter(field_name="subscriber_id", label="A subscriber's id.")
    event = filters.UUIDFilter(field_name="event_id", label="An event's id.")
    replay = filters.UUIDFilter(field_name="replay_id", label="The replay that made it.")
    replay_of = filters.UUIDFilter(field_name="replay_of_id", label="The first delivery that it replays.")
    state = filters.ChoiceFilter(choices=Delivery.State.choices)
    reason = filters.ChoiceFilter(
        choices=[choice for choice in Delivery.Reason.choices if choice[0]],
        label="With subscriber, event or state.",
    )

    class Meta:
        model = Delivery
        form = DeliveryForm
        fields: ClassVar = ["subscriber", "event", "replay", "replay_of", "state", "reason"]


class AttemptFilter(filters.FilterSet):
    delivery = filters.UUIDFilter(field_name="delivery_id", label="A delivery's id.")

    class Meta:
        model = Attempt
        fields: ClassVar = ["delivery"]


class SubscriberFilter(filters.FilterSet):
    topic = filters.CharFilter(label="A topic or pattern, in full.", strip=False)
    name = filters.CharFilter(label="A name, in full.")

    class Meta:
        model = Subscriber
        fields: ClassVar = ["topic", "name"]
