"""Creates subscribers so that a request that is repeated creates none twice."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from rest_framework.exceptions import ValidationError

from dispatch.api.idempotency import content_of
from dispatch.api.problems import ConflictError
from dispatch.api.serializers.subscribers import DEFAULTS
from dispatch.models import Creation
from subscribers.models import Subscriber

OTHER_CONTENT = "This idempotency key was used for another subscriber."
DELETED = "The subscriber that was created under this idempotency key is deleted."
NAME_TAKEN = "Another subscriber has this name."


def create(fields: Mapping[str, Any], actor: str, key: str) -> tuple[Subscriber, bool]:
    """The subscriber, and whether it was created now: not if `key`, or the name, has led to the same one before.

    Raises ConflictError if key or name belong to another one.
    """
    try:
        with transaction.atomic():
            if found := _known(fields, actor, key):
                return found, False
            return _create(fields, actor, key), True
    except IntegrityError:  # another request was quicker, and has committed
        if found := _known(fields, actor, key):
            return found, False
        raise


def check_name(name: str, subscriber: Subscriber) -> None:
    """Raises ValidationError if another subscriber has the name."""
    if name and Subscriber.objects.existing().filter(name=name).exclude(pk=subscriber.pk).exists():
        raise ValidationError({"name": [NAME_TAKEN]}, code="name_taken")


def _known(fields: Mapping[str, Any], actor: str, key: str) -> Subscriber | None:
    if key and (creation := Creation.objects.filter(actor=actor, key=key).select_related("subscriber").first()):
        if creation.content != content_of(fields):
            raise ConflictError(OTHER_CONTENT)
        if creation.subscriber.deleted_at:
            raise ConflictError(DELETED)
        return creation.subscriber
    name = fields.get("name")
    if not name or not (named := Subscriber.objects.existing().filter(name=name).first()):
        return None
    if not _is_same(named, fields):
        raise ConflictError(NAME_TAKEN)
    return named


def _is_same(subscriber: Subscriber, fields: Mapping[str, Any]) -> bool:
    # A secret that is left out may be any: it is made, and rotated, apart from what describes a subscriber.
    wished = DEFAULTS | dict(fields)
    return all(getattr(subscriber, name) == value for name, value in wished.items())


def _create(fields: Mapping[str, Any], actor: str, key: str) -> Subscriber:
    subscriber: Subscriber = Subscriber.objects.create(**{**DEFAULTS, **fields})
    if key:
        Creation.objects.create(actor=actor, key=key, content=content_of(fields), subscriber=subscriber)
    subscriber.refresh_from_db()  # the database has stamped its revision
    return subscriber
