"""From an outcome to what the ledger writes and what the queue is told. Pure."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from dispatch.consumer.work import Work
from dispatch.ledger.settling import AttemptRow, Settlement
from dispatch.masking import as_stored_text, mask_headers, mask_url
from dispatch.outcomes import ErrorKind, Outcome
from dispatch.retries import earliest_retry, retry_delay
from dispatch.verdicts import Act, Standing, Verdict, judge
from subscribers.targets import placeholders

MAX_ERROR_LENGTH = 500
STATES = {
    Act.DELIVERED: "delivered",
    Act.DEAD: "dead",
    Act.RETRY: "pending",
    Act.DEFER: "pending",
    Act.HOLD: "held",
    Act.CANCEL: "cancelled",
    Act.HAND_BACK: "pending",
}
FINAL = (Act.DELIVERED, Act.DEAD, Act.CANCEL)
COUNTED = (Act.RETRY, Act.DEAD)


class Settled(NamedTuple):
    """A work that is done: its verdict, the row to write, and whether the queue itself schedules the retry."""

    work: Work
    verdict: Verdict
    settlement: Settlement
    queue_retries: bool


def to_pause(batch: Sequence[Settled], ours: Collection[UUID]) -> set[int]:
    """The subscribers that are to be paused for what came of those deliveries of the batch that were still ours."""
    return {done.work.subscriber.id for done in batch if done.verdict.pauses and done.settlement.delivery_id in ours}


def settled(work: Work, now: datetime, *, is_embedded: bool) -> Settled:
    """What is written about `work`, whose outcome or verdict is set."""
    outcome = work.outcome or Outcome()
    verdict = work.verdict or judge(outcome, _standing(work), now)
    queue_retries = verdict.act is Act.RETRY and not is_embedded and _queue_has_retries(work)
    claim = work.claim
    failures = claim.failures + (verdict.act in COUNTED)
    was_tried = work.started_at is not None
    settlement = Settlement(
        delivery_id=claim.delivery_id,
        state=STATES[verdict.act],
        reason=verdict.reason,
        attempts=claim.attempts + was_tried,
        failures=failures,
        deferred_seconds=claim.deferred_seconds + verdict.delay.total_seconds(),
        due_at=_due_at(claim.due_at, verdict, failures, now, queue_retries=queue_retries),
        queued_at=None if verdict.act is Act.HOLD else now,
        last_status=outcome.status,
        last_error=_stored_error(outcome) if work.outcome else None,
        settled_at=now if verdict.act in FINAL else None,
        attempt=attempt_row(work, outcome) if was_tried else None,
    )
    return Settled(work, verdict, settlement, queue_retries)


def _standing(work: Work) -> Standing:
    return Standing(
        work.claim.failures,
        work.subscriber.retry_limit,
        timedelta(seconds=work.claim.deferred_seconds),
        bool(placeholders(work.subscriber.target_url)),
    )


def _queue_has_retries(work: Work) -> bool:
    """Whether the job's own count of retries, fixed when it was pushed, still allows what the subscriber allows now."""
    return work.job is not None and work.claim.failures < work.job.retry_limit


def _due_at(due_at: datetime, verdict: Verdict, failures: int, now: datetime, *, queue_retries: bool) -> datetime:
    if verdict.act is Act.DEFER:
        return now + verdict.delay
    if verdict.act is not Act.RETRY:
        return due_at
    # Faktory chooses its own moment between the earliest and the latest; its job counts from the earliest on.
    return now + (earliest_retry(failures) if queue_retries else retry_delay(failures))


def _stored_error(outcome: Outcome) -> str:
    return as_stored_text(_error_of(outcome))[:MAX_ERROR_LENGTH]


def _error_of(outcome: Outcome) -> str:
    if outcome.status is None:
        return outcome.error
    return "" if 200 <= outcome.status < 300 else f"HTTP {outcome.status}"


def attempt_row(work: Work, outcome: Outcome) -> AttemptRow:
    """The attempt as it is kept: secrets masked, texts that every database takes."""
    assert work.request is not None and work.started_at is not None  # noqa: S101, PT018 - only works that were sent
    timing = outcome.timing
    return AttemptRow(
        number=work.attempt_number,
        started_at=work.started_at,
        method=work.request.method,
        url=as_stored_text(mask_url(work.request.url, work.request.target_url)),
        request_headers=as_stored_text(mask_headers(work.request.headers)),
        status=outcome.status,
        error_kind="" if outcome.status is not None else (outcome.error_kind or ErrorKind.INTERNAL).value,
        error=_stored_error(outcome),
        response_headers=as_stored_text(mask_headers(outcome.headers)),
        response_body=as_stored_text(outcome.body),
        name_lookup_ms=timing.name_lookup_ms,
        connect_ms=timing.connect_ms,
        tls_ms=timing.tls_ms,
        first_byte_ms=timing.first_byte_ms,
        total_ms=timing.total_ms,
    )
