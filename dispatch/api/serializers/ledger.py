"""Events, deliveries and attempts in the management API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from dispatch.api.serializers.fields import SeenField
from dispatch.models import Attempt, Delivery, Event
from dispatch.payloads import parse_json
from dispatch.revealing import masked
from dispatch.viewing import are_payloads_hidden, hidden, seen_error, seen_headers, seen_text, seen_url


class EventListSerializer(serializers.ModelSerializer[Event]):
    class Meta:
        model = Event
        fields = ("id", "topic", "author", "size", "received_at", "idempotency_key", "matched", "fan_out")
        extra_kwargs = {"fan_out": {"help_text": "pending: its deliveries are still being written."}}


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    last_error = SeenField(seen_error)

    class Meta:
        model = Delivery
        fields = (
            *("id", "event", "subscriber", "state", "reason", "attempts", "failures", "lost_claims", "due_at"),
            *("last_status", "last_error", "replay_of", "replay", "created_at", "settled_at"),
        )
        read_only_fields = fields


@extend_schema_serializer(component_name="EventWithDeliveries")
class EventSerializer(EventListSerializer):
    """With its data, secrets masked, and the first of its deliveries."""

    MAX_DELIVERIES = 100

    attributes = serializers.SerializerMethodField()
    data = serializers.SerializerMethodField()  # type: ignore[assignment] # DRF takes it off the class
    deliveries = serializers.SerializerMethodField()

    class Meta(EventListSerializer.Meta):
        fields = (*EventListSerializer.Meta.fields, "attributes", "data", "deliveries")  # type: ignore[assignment]

    @extend_schema_field(serializers.DictField(help_text="Values under names that sound secret are ***."))
    def get_data(self, event: Event) -> Any:
        return masked(parse_json(event.payload))

    @extend_schema_field(serializers.JSONField())
    def get_attributes(self, event: Event) -> Any:
        return hidden(event.attributes) if are_payloads_hidden() else event.attributes

    @extend_schema_field(DeliverySerializer(many=True))
    def get_deliveries(self, event: Event) -> Any:
        first = event.deliveries.order_by("pk")[: self.MAX_DELIVERIES]
        return DeliverySerializer(first, many=True).data


class AttemptListSerializer(serializers.ModelSerializer[Attempt]):
    url = SeenField(seen_url)
    error = SeenField(seen_error)

    class Meta:
        model = Attempt
        fields = (
            *("id", "delivery", "number", "started_at", "method", "url", "status", "error_kind", "error"),
            *("name_lookup_ms", "connect_ms", "tls_ms", "first_byte_ms", "total_ms"),
        )


class AttemptSerializer(AttemptListSerializer):
    """With what was sent and what came back; secrets were masked before they were written."""

    request_headers = SeenField(seen_headers, help_text="One `Name: value` a line, secrets masked.")
    response_headers = SeenField(seen_headers, help_text="One `Name: value` a line.")
    response_body = SeenField(seen_text, help_text="The first 4 KiB; bytes that are not text are escaped.")

    class Meta(AttemptListSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *AttemptListSerializer.Meta.fields,
            *("request_headers", "response_headers", "response_body"),
        )


class TopicSerializer(serializers.Serializer[Any]):
    topic = serializers.CharField()
    is_pattern = serializers.BooleanField(help_text="It is a subscriber's, and stands for all that begin so.")
    last_event = serializers.UUIDField(allow_null=True)
    last_event_at = serializers.DateTimeField(allow_null=True)


@extend_schema_serializer(many=False)
class TopicPageSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    results = TopicSerializer(many=True)
