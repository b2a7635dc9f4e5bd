"""What publishers send and get, for the schema alone: on their path no serializer runs."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from dispatch.api.serializers.problems import ProblemSerializer
from dispatch.payloads import METHODS

SCALARS: dict[str, Any] = {"type": ["string", "number", "boolean", "null"]}


@extend_schema_field({"type": ["object", "null"], "additionalProperties": {"type": "string"}})
class HeadersField(serializers.Field[Any, Any, Any, Any]):
    pass


@extend_schema_field(
    {"type": ["object", "null"], "additionalProperties": {"anyOf": [SCALARS, {"type": "array", "items": SCALARS}]}}
)
class QueryField(serializers.Field[Any, Any, Any, Any]):
    pass


@extend_schema_field({"type": ["object", "null"], "additionalProperties": SCALARS})
class PathField(serializers.Field[Any, Any, Any, Any]):
    pass


def _either(name: str, *forms: Any, many: bool = False) -> PolymorphicProxySerializer:
    return PolymorphicProxySerializer(name, serializers=list(forms), resource_type_field_name=None, many=many)


class DataSerializer(serializers.Serializer[Any]):
    """What is sent to the subscribers, and what filters read as `data`. Any other keys are kept as well."""

    body = serializers.JSONField(required=False, help_text="Any JSON.")
    headers = HeadersField(required=False)
    query_params = QueryField(required=False, help_text="A list repeats the key.")
    path_params = PathField(required=False, help_text="They fill the `:name` in a subscriber's URL.")
    http_method = serializers.ChoiceField(choices=METHODS, required=False, allow_null=True, help_text="In any case.")


class PlainEventSerializer(serializers.Serializer[Any]):
    topic = serializers.CharField(max_length=255)
    data = DataSerializer()  # type: ignore[assignment] # DRF takes it off the class
    id = serializers.CharField(max_length=255, required=False, allow_null=True, help_text="The idempotency key.")


class OriginalEventSerializer(serializers.Serializer[Any]):
    """The form of the original Switch; keys in any case."""

    Topic = serializers.CharField(max_length=255)
    Payload = serializers.CharField(help_text="The data as JSON in base64.")


class CloudEventSerializer(serializers.Serializer[Any]):
    """CloudEvents 1.0, structured mode; more attributes may follow. The type is the topic, the data are the body."""

    specversion = serializers.ChoiceField(choices=["1.0"])
    id = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment] # likewise
    type = serializers.CharField(max_length=255)
    data = serializers.JSONField(required=False, help_text="Any JSON.")  # type: ignore[assignment] # likewise


class AcceptedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    topic = serializers.CharField()
    matched = serializers.IntegerField(
        allow_null=True, help_text="Subscribers it goes to; null while a wide event's are being worked out."
    )
    duplicate = serializers.BooleanField(help_text="The same key was published before; nothing is sent twice.")


class RefusedSerializer(serializers.Serializer[Any]):
    problem = ProblemSerializer()


class BatchSerializer(serializers.Serializer[Any]):
    """One result an item, in their order."""

    results = serializers.SerializerMethodField()

    @extend_schema_field(_either("Result", AcceptedSerializer, RefusedSerializer, many=True))
    def get_results(self, batch: Any) -> Any:
        """Never asked: the publish writes its answer itself, and this class only describes it in the schema."""
        raise NotImplementedError


EventSerializers = (PlainEventSerializer, OriginalEventSerializer, CloudEventSerializer)
PublicationSerializer = _either(
    "Publication", *EventSerializers, _either("PublishedEvents", *EventSerializers, many=True)
)
PublishedSerializer = _either("Published", AcceptedSerializer, BatchSerializer)


class StatusSerializer(serializers.Serializer[Any]):
    status = serializers.CharField()


class RefreshedSerializer(serializers.Serializer[Any]):
    subscribers = serializers.CharField(help_text="What happens now, in words.")
