"""Fields that DRF's own take too much for."""

import math
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


class EventIdField(serializers.UUIDField):
    """The id of an event that is there; becomes the event."""

    default_error_messages = {"no_event": "There is no event with this id; retention may have removed it."}

    def to_internal_value(self, data: Any) -> Any:
        event = Event.objects.filter(pk=super().to_internal_value(data)).first()
        if event is None:
            self.fail("no_event")
        return event
