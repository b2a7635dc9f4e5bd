"""The base of all serializers that read a request's body."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from dispatch.api.unknown import refusals


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not have. Its read-only ones may be sent back as they were read, and are ignored."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = self._unknown(data)
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if isinstance(error.detail, Mapping):
                raise serializers.ValidationError({**unknown, **error.detail}) from error
            raise
        if unknown:
            raise serializers.ValidationError(unknown)
        return value

    def _unknown(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            return {}
        writable = [name for name, field in self.fields.items() if not field.read_only]
        return refusals((name for name in data if name not in self.fields), writable, "field")


class NothingSerializer(StrictSerializer):
    """The body of a request that takes none."""
