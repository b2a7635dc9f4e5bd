"""From jobs to works: claims the deliveries, loads what they need, builds their requests."""

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from dispatch.about import about
from dispatch.building import BuiltRequest, EventContent, RequestError
from dispatch.building import build as build_request
from dispatch.consumer.gate import Gate
from dispatch.consumer.work import Work
from dispatch.ledger.claiming import Claim, claim_early, claim_named, reopen_dead
from dispatch.ledger.loading import LoadedEvent, LoadedSubscriber, load_needed
from dispatch.ledger.queueing import mark_early
from dispatch.outbound import timeouts_for
from dispatch.outcomes import ErrorKind, Outcome
from dispatch.queues.base import Job

#: Without the error's text, which may quote the payload: the log has it.
UNFORESEEN = "No request could be built, by a fault of the hub ({}): its log tells more."

MISSING_EVENT = "Its event is not in the ledger: nothing is left to send."

logger = logging.getLogger(__name__)


def claim(owner: UUID, jobs: Sequence[Job]) -> list[Claim]:
    """Claims the jobs' deliveries. Those that are settled or another consumer's stay as they are; for those that
    are not due by far, whose jobs end here, the reconciler pushes others."""
    now = timezone.now()
    found = [claim for job in jobs for claim in job.claims]
    named = [delivery_id for job in jobs if not job.claims and not job.failures for delivery_id in job.deliveries]
    if named:
        claimed = claim_named(owner, named, now)
        if refused := set(named) - {claim.delivery_id for claim in claimed}:
            mark_early(sorted(refused), now)
        found += claimed
    retried = {job.deliveries[0]: job.failures for job in jobs if job.failures and job.deliveries and not job.claims}
    if retried:
        found += claim_early(owner, retried, now)
    # The broker gives up a job at failure number retry_limit + 1: only an operator can have brought it back.
    revived = [
        job.deliveries[0] for job in jobs if job.deliveries and not job.claims and job.failures > job.retry_limit
    ]
    return found + reopen_dead(owner, revived, now) if revived else found


def load(
    claims: Sequence[Claim],
    jobs: Iterable[Job],
    gate: Gate | None = None,
    probe_ids: Collection[UUID] = (),
    *,
    from_line: bool = False,
) -> list[Work]:
    """Works for the claims, each with its request, or with the verdict or the outcome for which there is none.

    Those of large events are left unread: `build` makes their requests, once there is room.
    """
    single = {job.deliveries[0]: job for job in jobs if len(job.deliveries) == 1}
    # The events of those that are not to be sent now as well: one more trip to the database would cost all the others.
    subscribers, events, sizes = load_needed(
        {claim.subscriber_id for claim in claims}, {claim.event_id for claim in claims}
    )
    timeouts = {subscriber.id: timeouts_for(subscriber) for subscriber in subscribers.values()}
    works = [
        Work(
            claim,
            single.get(claim.delivery_id),
            subscribers[claim.subscriber_id],
            None,
            timeouts[claim.subscriber_id],
            is_probe=claim.delivery_id in probe_ids,
        )
        for claim in claims
    ]
    now = timezone.now()
    (gate or Gate()).judge(works, now, from_line=from_line)
    for event_id, theirs in by_event(work for work in works if work.is_unread).items():
        if event_id not in sizes:
            build(theirs, events.get(event_id), now)
        for work in theirs:
            work.size = sizes.get(event_id, 0)
    return works


def by_event(works: Iterable[Work]) -> dict[UUID, list[Work]]:
    found: dict[UUID, list[Work]] = {}
    for work in works:
        found.setdefault(work.claim.event_id, []).append(work)
    return found


def build(works: Iterable[Work], event: LoadedEvent | None, now: datetime) -> None:
    """Gives the works of one event their requests, and those of a missing one an outcome that says so.

    The event is taken apart once, and not kept.
    """
    if event is None:
        for work in works:
            work.outcome = Outcome(error_kind=ErrorKind.BAD_REQUEST, error=MISSING_EVENT)
        return
    content: EventContent | None = None
    for work in works:
        work.topic, work.trace = event.topic, event.trace
        try:
            content = content or EventContent(event)
            work.request = _build(work.claim, content, work.subscriber, now)
        except RequestError as error:
            work.outcome = Outcome(error_kind=ErrorKind.BAD_REQUEST, error=str(error))
        except Exception as error:  # the border around one work: its fault must not stop the others
            logger.exception(
                "The request of delivery %s cannot be built.", work.claim.delivery_id, extra=_about(work, event)
            )
            work.outcome = Outcome(error_kind=ErrorKind.INTERNAL, error=UNFORESEEN.format(type(error).__name__))


def _about(work: Work, event: LoadedEvent) -> dict[str, Any]:
    return about(
        event_id=event.id,
        delivery_id=work.claim.delivery_id,
        subscriber_id=work.subscriber.id,
        topic=event.topic,
        trace_id=event.trace.trace_id if event.trace else None,
    )


def _build(claim: Claim, content: EventContent, subscriber: LoadedSubscriber, now: datetime) -> BuiltRequest:
    webhook_id = claim.replay_of or claim.delivery_id
    return build_request(content, subscriber, webhook_id, claim.delivery_id, claim.attempts + 1, now)
