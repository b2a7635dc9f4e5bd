"""Asks for replays so that a request that is repeated asks for none twice."""

from collections.abc import Callable, Mapping, Sequence

from django.db import IntegrityError, transaction

from dispatch.api.idempotency import content_of
from dispatch.api.problems import ConflictError
from dispatch.models import Replay
from dispatch.replays.keys import Key

OTHER_CONTENT = "This idempotency key was used for another replay."
#: What is asked for, by kind; all else of a backfill is of the moment in which it is asked for.
CRITERIA: Mapping[str, Sequence[str]] = {
    Replay.Kind.REPLAY: ("kind", "subscriber_id", "topic", "state", "since", "until", "rate_per_second"),
    Replay.Kind.BACKFILL: ("kind", "subscriber_id", "since", "rate_per_second"),
}


def criteria_of(wished: Replay) -> str:
    """The hash of what is wished, the same whenever it is wished."""
    return content_of({name: getattr(wished, name) for name in CRITERIA[wished.kind]})


def once(actor: str, key: Key, ask: Callable[[], Replay]) -> tuple[Replay, bool]:
    """What `ask` writes down, and whether it was written now: not if the actor's key has led to one before.

    Raises ConflictError if the key belongs to another wish.
    """
    if found := _known(actor, key):
        return found, False
    try:
        with transaction.atomic():
            return ask(), True
    except IntegrityError:  # another request was quicker, and has committed
        if found := _known(actor, key):
            return found, False
        raise


def _known(actor: str, key: Key) -> Replay | None:
    if not key.text:
        return None
    found = Replay.objects.filter(requested_by=actor, idempotency_key=key.text).select_related("subscriber").first()
    if found and found.content != key.content:
        raise ConflictError(OTHER_CONTENT)
    return found
