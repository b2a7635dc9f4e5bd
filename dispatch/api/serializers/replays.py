"""Replays in the management API."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from dispatch.api.serializers.fields import FiniteFloatField
from dispatch.api.serializers.strict import StrictSerializer
from dispatch.models import Delivery, Replay
from dispatch.models.delivery import SETTLED
from dispatch.replays.requesting import MAX_RATE, MIN_RATE, ReplayRefusedError, backfill_wish, wish
from dispatch.replays.telling import about, percent
from subscribers.models import Subscriber


class ReplaySerializer(serializers.ModelSerializer[Replay]):
    about = serializers.SerializerMethodField(help_text="In words.")
    percent = serializers.SerializerMethodField(help_text="Null where the total is not known.")

    class Meta:
        model = Replay
        fields = (
            *("id", "kind", "status", "about", "subscriber", "topic", "state", "since", "until", "rate_per_second"),
            *("requested_by", "total", "done", "refused", "percent", "created_at", "advanced_at", "finished_at"),
        )

    def get_about(self, replay: Replay) -> str:
        return about(replay)

    def get_percent(self, replay: Replay) -> int | None:
        return percent(replay)


class ReplayWishSerializer(StrictSerializer):
    """Becomes a wish, not yet asked for. A backfill needs `subscriber` and `since`."""

    kind = serializers.ChoiceField(choices=Replay.Kind.choices, default=Replay.Kind.REPLAY)
    subscriber = serializers.PrimaryKeyRelatedField(queryset=Subscriber.objects.existing(), required=False)
    topic = serializers.CharField(max_length=255, required=False, allow_blank=True)
    state = serializers.ChoiceField(
        choices=[(state.value, state.label) for state in map(Delivery.State, SETTLED)], required=False, allow_blank=True
    )
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    rate_per_second = FiniteFloatField(required=False, allow_null=True, min_value=MIN_RATE, max_value=MAX_RATE)
    dry_run = serializers.BooleanField(default=False, help_text="Only count.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        is_dry_run, kind = attrs.pop("dry_run"), attrs.pop("kind")
        try:
            wished = _backfill(attrs) if kind == Replay.Kind.BACKFILL else wish(**attrs)
        except ReplayRefusedError as error:
            raise serializers.ValidationError(str(error), code="replay_refused") from error
        return {"wish": wished, "dry_run": is_dry_run}


def _backfill(attrs: dict[str, Any]) -> Replay:
    for name in ("subscriber", "since"):
        if name not in attrs:
            raise serializers.ValidationError({name: "A backfill needs it."}, code="required")
    for name in ("topic", "state", "until"):
        if attrs.get(name):
            raise serializers.ValidationError({name: "A backfill does not have it."}, code="not_of_backfills")
    return backfill_wish(attrs["subscriber"], attrs["since"], attrs.get("rate_per_second"))


class CountSerializer(serializers.Serializer[Any]):
    about = serializers.CharField()
    count = serializers.IntegerField()
    is_exact = serializers.BooleanField(help_text="If not, there are at least so many.")


CountedOrAskedSerializer = PolymorphicProxySerializer(
    component_name="CountedOrAsked", serializers=[CountSerializer, ReplaySerializer], resource_type_field_name=None
)
