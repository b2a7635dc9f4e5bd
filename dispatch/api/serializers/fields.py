"""Fields that DRF's own take too much for."""

import math
from collections.abc import Callable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dispatch.models import Event
from dispatch.payloads import PayloadError, check_data


class FiniteFloatField(serializers.FloatField):
    """A number that JSON and every database can write."""

    default_error_messages = {"not_finite": "A number is needed that is not infinite."}

    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data)
        if not math.isfinite(value):
            self.fail("not_finite")
        return value


@extend_schema_field(OpenApiTypes.OBJECT)
class DataField(serializers.Field[Any, Any, Any, Any]):
    """An event's data as a publish would take them."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            check_data(data, "")  # how deep it is, the parser has looked
        except PayloadError as error:
            place = error.place.removeprefix("data").lstrip(".")
            raise serializers.ValidationError({place: [error.message]} if place else error.message) from error
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class SeenField(serializers.CharField):
    """A text that came from a payload or an answer, as far as whoever looks may see it (dispatch/viewing.py)."""

    def __init__(self, seen: Callable[[str], str], **options: Any) -> None:
        super().__init__(read_only=True, **options)
        self._seen = seen

    def to_representation(self, value: Any) -> str:
        return self._seen(super().to_representation(value))


class EventIdField(serializers.UUIDField):
    """The id of an event that is there; becomes the event."""

    default_error_messages = {"no_event": "There is no event with this id; retention may have removed it."}

    def to_internal_value(self, data: Any) -> Any:
        event = Event.objects.filter(pk=super().to_internal_value(data)).first()
        if event is None:
            self.fail("no_event")
        return event
