"""Writes the deliveries of a wide event chunk by chunk, so that the publish need not wait and memory stays flat."""

import logging
from uuid import UUID

from django.utils import timezone

from dispatch.about import about
from dispatch.jobs import first_jobs
from dispatch.ledger.fanning_out import advance as write_chunk
from dispatch.ledger.queueing import mark_queued
from dispatch.models import Event
from dispatch.payloads import parse_json
from dispatch.publishing import delivery_row
from dispatch.queues.base import Queue, QueueUnavailableError
from subscribers import matching

#: Candidates that are matched, and whose deliveries are written, in one transaction.
CHUNK = 1_000

logger = logging.getLogger(__name__)


def advance(event_id: UUID, queue: Queue) -> bool:
    """Does the next chunk and pushes its jobs. True if more chunks are to follow, and this process is to do them."""
    event = Event.objects.filter(pk=event_id, fan_out=Event.FanOut.PENDING).first()
    if event is None:
        return False
    data = parse_json(event.payload)
    matches, cursor_to = matching.newest().chunk(event.topic, data, event.fan_out_cursor, CHUNK)
    rows = [delivery_row(event.id, candidate) for candidate in matches]
    now = timezone.now()
    if not write_chunk(event.id, event.fan_out_cursor, cursor_to, rows, now, is_queued=queue.is_embedded):
        return False
    due = [(row.id, candidate.retry_limit) for row, candidate in zip(rows, matches, strict=True) if not row.hold_reason]
    if not queue.is_embedded:
        _push(event, due, queue)
    return cursor_to is not None


def _push(event: Event, due: list[tuple[UUID, int]], queue: Queue) -> None:
    try:
        queue.push(first_jobs(due))
    except QueueUnavailableError as error:
        text = "The deliveries of a wide event wait in the database for the queue. %s"
        logger.warning(text, error, extra=about(event_id=event.id, topic=event.topic))
    else:
        mark_queued([delivery_id for delivery_id, _ in due], [])
