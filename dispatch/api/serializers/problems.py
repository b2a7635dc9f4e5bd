"""How errors look; for the schema, since `dispatch.problems` writes them."""

from typing import Any

from rest_framework import serializers


class FieldErrorSerializer(serializers.Serializer[Any]):
    """What is wrong with one field. The place within a filter expression counts from 1."""

    field = serializers.CharField(help_text="A path such as data.headers; empty for the request as a whole.")
    code = serializers.CharField()
    message = serializers.CharField()
    line = serializers.IntegerField(required=False)
    column = serializers.IntegerField(required=False)
    end_column = serializers.IntegerField(required=False)


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    place = serializers.CharField(required=False, help_text="Where in the body or the payload.")
    event = serializers.CharField(required=False, help_text="The event that has the idempotency key already.")
    limit = serializers.CharField(required=False, help_text="The setting whose limit is reached.")
    errors = FieldErrorSerializer(many=True, required=False)  # type: ignore[assignment] # DRF takes it off the class

    class Meta:
        component_name = "Problem"
