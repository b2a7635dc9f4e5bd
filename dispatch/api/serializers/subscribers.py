"""Subscribers in the management API. What a field may hold, the model's own validators say."""

from collections.abc import Mapping
from typing import Any

from django.db.models import FloatField
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dispatch.api.serializers.fields import FiniteFloatField, SeenField
from dispatch.api.serializers.strict import StrictSerializer
from dispatch.replays.requesting import MAX_RATE, MIN_RATE
from dispatch.signing import SecretError, public_key
from dispatch.viewing import seen_error
from subscribers.filters import FilterError
from subscribers.filters.slips import find_slip
from subscribers.models import STANDING, Subscriber
from subscribers.secrets import LONGEST_OVERLAP_HOURS
from subscribers.topics import slip_in
from subscribers.validators import validate_name

WRITTEN = (
    *("name", "topic", "filter_expression", "target_url", "body_format", "secret", "retry_limit"),
    *("connect_timeout_seconds", "idle_timeout_seconds", "total_timeout_seconds"),
    *("max_in_flight", "rate_limit_per_second"),
)
READ = (
    *("state", "state_reason", "warnings", "has_secret", "public_key", "previous_secret_until", "revision"),
    *("filter_error_count", "last_filter_error", "last_filter_error_at", "created_at", "updated_at"),
)
PAUSING = "POST /api/v1/subscribers/<id>/pause and /resume change it."
ROTATING = "POST /api/v1/subscribers/<id>/rotate-secret changes it."
#: What changes those of them that somebody can change.
OPERATIONS = {
    **dict.fromkeys(("state", "state_reason"), PAUSING),
    **dict.fromkeys(("has_secret", "public_key", "previous_secret_until"), ROTATING),
}
#: What an update (PUT) that leaves them out gives them. The secret stays: nobody could have read it to send it again.
DEFAULTS: dict[str, Any] = {
    "name": "",
    "filter_expression": "",
    "body_format": Subscriber.Format.PLAIN.value,
    "retry_limit": 25,
    "connect_timeout_seconds": None,
    "idle_timeout_seconds": None,
    "total_timeout_seconds": None,
    "max_in_flight": None,
    "rate_limit_per_second": None,
}


class SubscriberSerializer(StrictSerializer, serializers.ModelSerializer[Subscriber]):
    serializer_field_mapping = {**serializers.ModelSerializer.serializer_field_mapping, FloatField: FiniteFloatField}
    operations = OPERATIONS
    counted = (
        *("revision", "warnings", "filter_error_count", "last_filter_error", "last_filter_error_at"),
        "updated_at",
    )

    last_filter_error = SeenField(seen_error)
    warnings = serializers.SerializerMethodField(
        help_text="What in topic and filter surely was not meant; empty without such a slip. It is saved anyway."
    )
    has_secret = serializers.SerializerMethodField()
    public_key = serializers.SerializerMethodField()

    class Meta:
        model = Subscriber
        fields = ("id", *WRITTEN, *READ)
        read_only_fields = ("id", *READ)
        extra_kwargs = {
            # Who creates under a name that is taken may be repeating a request; the views look.
            "name": {"validators": [validate_name], "required": False},
            # A publish keeps every blank of its topic.
            "topic": {"trim_whitespace": False},
            "filter_expression": {"required": False, "trim_whitespace": False},
            "body_format": {"required": False},
            "retry_limit": {"required": False},
            "secret": {"write_only": True, "required": False},
        }

    def get_fields(self) -> dict[str, Any]:
        """What the subscriber has already is not judged again, as its model has it."""
        fields = super().get_fields()
        given = getattr(self, "initial_data", None)
        if isinstance(self.instance, Subscriber) and isinstance(given, Mapping):
            for name in STANDING:
                if name in given and given[name] == getattr(self.instance, name):
                    fields[name].validators = []
        return fields

    def get_warnings(self, subscriber: Subscriber) -> list[str]:
        of_topic = slip_in(subscriber.topic)
        try:
            slip = find_slip(subscriber.filter_expression)
        except FilterError:  # it does not compile, and its events are held: that is no warning
            slip = None
        return [*([of_topic] if of_topic else []), *([f"{slip.message} {slip.hint}"] if slip else [])]

    def get_has_secret(self, subscriber: Subscriber) -> bool:
        return bool(subscriber.secret)

    @extend_schema_field(serializers.CharField(help_text="Of a private key (Ed25519), as whpk_…; else empty."))
    def get_public_key(self, subscriber: Subscriber) -> str:
        try:
            return public_key(subscriber.secret)
        except SecretError:
            return ""


class PauseSerializer(StrictSerializer):
    reason = serializers.CharField(
        max_length=400, required=False, allow_blank=True, help_text="Shown to whoever wonders why it is paused."
    )


class ResumeSerializer(StrictSerializer):
    backlog = serializers.ChoiceField(
        choices=("send", "discard"), default="send", help_text="What becomes of what was held meanwhile."
    )
    rate_limit_per_second = FiniteFloatField(
        default=None,
        allow_null=True,
        min_value=MIN_RATE,
        max_value=MAX_RATE,
        help_text="The subscriber's own from now on. Null: it stays as it is.",
    )


class DeletedSerializer(serializers.Serializer[Any]):
    cancelled = serializers.IntegerField(help_text="Deliveries that waited for it, and are cancelled.")


class ResumedSerializer(serializers.Serializer[Any]):
    discarded = serializers.IntegerField(
        help_text="Deliveries that waited, held, due or for a retry, and were discarded."
    )
    subscriber = SubscriberSerializer()


class RotationSerializer(StrictSerializer):
    kind = serializers.ChoiceField(
        choices=("shared", "ed25519"), default="shared", help_text="A key for HMAC, or a private key of Ed25519."
    )
    overlap_hours = FiniteFloatField(
        default=24.0,
        min_value=0,
        max_value=LONGEST_OVERLAP_HOURS,
        help_text="For so long requests carry the old signature as well.",
    )
    force = serializers.BooleanField(
        default=False, help_text="Even while the overlap of an earlier rotation runs: the secret before ends now."
    )


class RotatedSerializer(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text="Shown here and never again.")
    public_key = serializers.CharField(help_text="What receivers verify with, if the secret is a private key.")
    previous_secret_until = serializers.DateTimeField(allow_null=True)
