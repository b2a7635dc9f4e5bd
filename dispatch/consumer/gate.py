"""Decides which claimed deliveries may go on, and for which reason the others are held."""

from collections.abc import Sequence
from datetime import datetime

from dispatch.consumer.work import Work
from dispatch.ledger.claiming import Claim
from dispatch.ledger.health import reserve
from dispatch.ledger.loading import LoadedSubscriber
from dispatch.verdicts import Act, Verdict


class Gate:
    """Used by the thread that feeds. `lines` are the subscribers that have a backlog: what comes goes to its end."""

    def __init__(self) -> None:
        self.lines: dict[int, list[str]] = {}

    def judge(self, works: Sequence[Work], now: datetime, *, from_line: bool = False) -> None:
        """Gives a verdict to those works that are not to be sent now. `from_line` says that they are from backlogs."""
        by_subscriber: dict[int, list[Work]] = {}
        for work in works:
            by_subscriber.setdefault(work.subscriber.id, []).append(work)
        for theirs in by_subscriber.values():
            self._judge(theirs[0].subscriber, theirs, now, from_line=from_line)

    def _judge(self, subscriber: LoadedSubscriber, works: Sequence[Work], now: datetime, *, from_line: bool) -> None:
        if subscriber.is_deleted or subscriber.is_paused:
            verdict = Verdict(Act.CANCEL, "deleted") if subscriber.is_deleted else Verdict(Act.HOLD, "paused")
            for work in works:
                work.verdict = verdict
        elif subscriber.is_shut_off:
            _shut_off(subscriber, works)
        elif subscriber.id in self.lines and not from_line:
            hold(works, self.lines[subscriber.id][0])
        elif subscriber.rate_limit_per_second:
            granted = reserve(subscriber.id, subscriber.rate_limit_per_second, len(works), now)
            hold(works[granted:], "rate")


def shut_reason(subscriber: LoadedSubscriber) -> str:
    return "throttled" if subscriber.cause == "throttled" else "breaker"


def _shut_off(subscriber: LoadedSubscriber, works: Sequence[Work]) -> None:
    reason = shut_reason(subscriber)
    for work in works:
        # It was told itself how long to wait, and has: what comes of it tells as much as a probe.
        work.is_probe = work.is_probe or (reason == "throttled" and _has_waited(work.claim))
    hold(works, reason)


def _has_waited(claim: Claim) -> bool:
    return claim.deferred_seconds > 0


def hold(works: Sequence[Work], reason: str) -> None:
    for work in works:
        if work.may_be_held:
            work.hold(reason)
