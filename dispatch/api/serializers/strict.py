"""The base of all serializers that read a request's body."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from dispatch.api.unknown import refusals

READ_ONLY = "read_only"


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not have, and read-only ones unless they come back as they were read.

    `operations` says of read-only fields what changes them. What is in `counted` the hub changes all the time: in a
    body with the `id` that was read it may be out of date.
    """

    operations: ClassVar[Mapping[str, str]] = {}
    counted: ClassVar[Collection[str]] = ()

    def to_internal_value(self, data: Any) -> Any:
        unknown = self._unknown(data) | self._unwritable(data)
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

    def _unwritable(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            return {}
        given = [name for name, field in self.fields.items() if field.read_only and name in data]
        read = self.to_representation(self.instance) if given and self.instance is not None else {}
        as_read = {name for name in given if name in read and data[name] == read[name]}
        may_differ = self.counted if "id" in as_read else ()
        return {name: self._read_only(name) for name in given if name not in as_read and name not in may_differ}

    def _read_only(self, name: str) -> list[ErrorDetail]:
        how = self.operations.get(name, "Leave it out.")
        return [ErrorDetail(f"Only the hub writes it. {how}", READ_ONLY)]


class NothingSerializer(StrictSerializer):
    """The body of a request that takes none."""
