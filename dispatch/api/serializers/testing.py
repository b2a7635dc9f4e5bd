"""What is asked before a change: what a subscriber answers, why a filter holds, what a new filter would take."""

from typing import Any

from drf_spectacular.helpers import lazy_serializer
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dispatch.api.serializers.fields import DataField, EventIdField
from dispatch.api.serializers.strict import StrictSerializer
from dispatch.building import BuiltRequest
from dispatch.masking import MASK, as_stored_text, is_secret, mask_url
from dispatch.outcomes import Outcome
from dispatch.revealing import Shown
from dispatch.trying import Trial
from subscribers.models import Subscriber
from subscribers.validators import validate_filter_expression, validate_topic


class GivenEventSerializer(StrictSerializer):
    """An event that is there, or data that nobody has published."""

    event = EventIdField(required=False, help_text="The id of an event.")
    data = DataField(  # type: ignore[assignment] # DRF takes it off the class
        required=False, help_text="An event's data, as in the plain form of a publish."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "event" in attrs and "data" in attrs:
            raise serializers.ValidationError("Give an event or data, not both.", code="event_and_data")
        return attrs


class TrialWishSerializer(GivenEventSerializer):
    """Without either, a sample is sent."""


class HeaderSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    value = serializers.CharField(help_text="*** for what sounds secret.")


class SentSerializer(serializers.Serializer[Any]):
    method = serializers.CharField()
    url = serializers.CharField()
    headers = HeaderSerializer(many=True)
    body = serializers.CharField()


class ReceivedSerializer(serializers.Serializer[Any]):
    status = serializers.IntegerField()
    headers = HeaderSerializer(many=True)
    body = serializers.CharField(help_text="The first 4 KiB; bytes that are not text are escaped.")


class TrialSerializer(serializers.Serializer[Any]):
    """`request` is null if none could be built, `response` if none came; then `error_kind` and `error` say why."""

    request = SentSerializer(allow_null=True)
    response = ReceivedSerializer(allow_null=True)
    error_kind = serializers.CharField()
    error = serializers.CharField()
    total_ms = serializers.FloatField()


def shown_trial(trial: Trial) -> dict[str, Any]:
    outcome = trial.outcome
    return {
        "request": _sent(trial.request) if trial.request else None,
        "response": _received(outcome) if outcome.status is not None else None,
        "error_kind": outcome.error_kind.value if outcome.error_kind else "",
        "error": as_stored_text(outcome.error),
        "total_ms": outcome.timing.total_ms,
    }


def _sent(request: BuiltRequest) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": as_stored_text(mask_url(request.url, request.target_url)),
        "headers": _headers(request.headers),
        "body": as_stored_text(request.body or b""),
    }


def _received(outcome: Outcome) -> dict[str, Any]:
    return {
        "status": outcome.status,
        "headers": _headers(outcome.headers),
        "body": as_stored_text(outcome.body),
    }


def _headers(headers: Any) -> list[dict[str, str]]:
    masked = ((name, MASK if is_secret(name) else value) for name, value in headers)
    return [{"name": as_stored_text(name), "value": as_stored_text(value)} for name, value in masked]


class ExplanationWishSerializer(GivenEventSerializer):
    """Of a subscriber: its saved expression, unless another is given."""

    expression = serializers.CharField(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        max_length=100_000,
        validators=[validate_filter_expression],
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not {"event", "data"} & attrs.keys():
            raise serializers.ValidationError("Give the id of an event, or data.", code="nothing_to_explain")
        return super().validate(attrs)


class UnsavedExplanationSerializer(ExplanationWishSerializer):
    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        fields["expression"].required = True
        return fields


class ExplainedSerializer(serializers.Serializer[Any]):
    """A part of the expression, at the characters `start` to `end`, and the parts below it."""

    text = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    verdict = serializers.ChoiceField(choices=("true", "false", "unknown"))
    value = serializers.CharField(help_text="JSON, shortened; secrets masked; empty where it is unknown.")
    unknown = serializers.CharField(help_text="Why it is unknown; else empty.")
    parts = serializers.SerializerMethodField()

    @extend_schema_field(lazy_serializer("dispatch.api.serializers.testing.ExplainedSerializer")(many=True))
    def get_parts(self, shown: Shown) -> Any:
        return ExplainedSerializer(shown.parts, many=True).data


class ExplanationSerializer(serializers.Serializer[Any]):
    expression = serializers.CharField()
    holds = serializers.BooleanField(help_text="Whether an event with these data would go to the subscriber.")
    explanation = ExplainedSerializer()


class BackTestWishSerializer(StrictSerializer):
    expression = serializers.CharField(
        allow_blank=True, trim_whitespace=False, max_length=100_000, validators=[validate_filter_expression]
    )


class UnsavedBackTestSerializer(BackTestWishSerializer):
    topic = serializers.CharField(
        max_length=Subscriber._meta.get_field("topic").max_length,
        trim_whitespace=False,
        validators=[validate_topic],
        help_text="A topic or a pattern.",
    )


class GroupSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    events = serializers.ListField(child=serializers.UUIDField(), help_text="The newest of them, at most 50.")


class BackTestSerializer(serializers.Serializer[Any]):
    looked_at = serializers.IntegerField(help_text="How many of the newest events were judged, at most 1,000.")
    is_cut_short = serializers.BooleanField(help_text="The time was over before all of those were.")
    taken = GroupSerializer(help_text="Those that the new expression takes.")
    gained = GroupSerializer(help_text="Those of them that the saved one does not take.")
    lost = GroupSerializer(help_text="Those that only the saved one takes.")
    unknown = GroupSerializer(help_text="Those of which the new one cannot say.")
