"""How answers to publishers look."""

from typing import Any

from rest_framework import serializers

from dispatch.models import Delivery, Event


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """What a publisher may know of a delivery: how it stands, not where it goes."""

    subscriber = serializers.CharField(source="subscriber.name")

    class Meta:
        model = Delivery
        fields = ("id", "subscriber", "state", "reason", "attempts", "last_status", "due_at", "settled_at")


class EventSerializer(serializers.ModelSerializer[Event]):
    """An event with the newest of its deliveries, at most MAX_DELIVERIES."""

    MAX_DELIVERIES = 100

    states = serializers.SerializerMethodField()
    deliveries = serializers.SerializerMethodField()

    class Meta:
        model = Event
        fields = ("id", "topic", "received_at", "matched", "fan_out", "states", "deliveries")

    def get_states(self, event: Event) -> dict[str, int]:
        return event.deliveries.by_state()

    def get_deliveries(self, event: Event) -> list[dict[str, Any]]:
        newest = event.deliveries.select_related("subscriber").order_by("-id")[: self.MAX_DELIVERIES]
        return list(DeliverySerializer(newest, many=True).data)
