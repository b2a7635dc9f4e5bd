"""Replays in the management API."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from dispatch.api.serializers.fields import FiniteFloatField
from dispatch.api.serializers.strict import StrictSerializer
from dispatch.models import Delivery, Replay
from dispatch.models.delivery import REPLAYABLE_REASONS, SETTLED
from dispatch.outcomes import UNSENT, ErrorKind
from dispatch.replays.requesting import MAX_RATE, MIN_RATE, ReplayRefusedError, backfill_wish, wish
from dispatch.replays.telling import about, percent
from subscribers.models import Subscriber

NOT_OF_BACKFILLS = ("topic", "state", "reason", "status_from", "status_to", "error", "until")


class ReplaySerializer(serializers.ModelSerializer[Replay]):
    about = serializers.SerializerMethodField(help_text="In words.")
    percent = serializers.SerializerMethodField(help_text="Null where the total is not known.")

    class Meta:
        model = Replay
        fields = (
            *("id", "kind", "status", "about", "subscriber", "topic", "state", "reason", "status_from", "status_to"),
            *("error", "since", "until", "rate_per_second"),
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
    topic = serializers.CharField(max_length=255, required=False, allow_blank=True, trim_whitespace=False)
    state = serializers.ChoiceField(
        choices=[(state.value, state.label) for state in map(Delivery.State, SETTLED)], required=False, allow_blank=True
    )
    reason = serializers.ChoiceField(
        choices=[(reason.value, reason.label) for reason in REPLAYABLE_REASONS],
        required=False,
        allow_blank=True,
        help_text="Why they were given up or cancelled.",
    )
    status_from = serializers.IntegerField(
        required=False, allow_null=True, min_value=100, max_value=999, help_text="The last attempt was answered so."
    )
    status_to = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=100,
        max_value=999,
        help_text="Inclusive. Not given: status_from alone.",
    )
    error = serializers.ChoiceField(
        choices=[*(kind.value for kind in ErrorKind), UNSENT],
        required=False,
        allow_blank=True,
        help_text="Why the last attempt had no answer; unsent: there was none.",
    )
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    rate_per_second = FiniteFloatField(required=False, allow_null=True, min_value=MIN_RATE, max_value=MAX_RATE)
    dry_run = serializers.BooleanField(default=False, help_text="Only count.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        is_dry_run, kind = attrs.pop("dry_run"), attrs.pop("kind")
        try:
            wished = _backfill(attrs) if kind == Replay.Kind.BACKFILL else _replay(attrs)
        except ReplayRefusedError as error:
            raise serializers.ValidationError(str(error), code="replay_refused") from error
        return {"wish": wished, "dry_run": is_dry_run}


def _replay(attrs: dict[str, Any]) -> Replay:
    first, last = attrs.pop("status_from", None), attrs.pop("status_to", None)
    if first is None and last is not None:
        raise serializers.ValidationError({"status_from": "With status_to it is needed."}, code="required")
    if first is not None and last is not None and last < first:
        raise serializers.ValidationError({"status_to": "It is below status_from."}, code="not_in_order")
    return wish(**attrs, statuses=None if first is None else (first, first if last is None else last))


def _backfill(attrs: dict[str, Any]) -> Replay:
    for name in ("subscriber", "since"):
        if name not in attrs:
            raise serializers.ValidationError({name: "A backfill needs it."}, code="required")
    for name in NOT_OF_BACKFILLS:
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
