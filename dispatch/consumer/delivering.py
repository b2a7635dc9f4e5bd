"""The loop that sends: fair to the subscribers, all requests of the process in one thread."""

import logging
import time
from collections import deque
from datetime import datetime

from django.utils import timezone

from dispatch.breaker import Sign, sign_of
from dispatch.consumer import attempt_spans
from dispatch.consumer.flow import Flow
from dispatch.consumer.windows import Windows
from dispatch.consumer.work import Work
from dispatch.outcomes import ErrorKind, Outcome
from dispatch.transport import Exchange, Transport
from dispatch.verdicts import Act, Verdict

RUN_SECONDS = 0.5
#: How often it is looked who becomes silent, while somebody waits.
LOOK_SECONDS = 0.05
#: How often it is looked for what has waited too long.
LATE_LOOK_SECONDS = 1.0
CUT_OFF = "Cut off when the consumer was stopped, before the answer came; the subscriber may have received it."

logger = logging.getLogger(__name__)


class Deliverer:
    """Starts what is ready, in turn for each subscriber, and passes on what came of it."""

    def __init__(self, flow: Flow, transport: Transport, concurrency: int) -> None:
        self.flow = flow
        self.transport = transport
        self.concurrency = concurrency
        self.windows = Windows(concurrency)
        self._waiting: dict[int, deque[Work]] = {}
        self._pressed_at = self._late_at = 0.0

    def run(self, grace_seconds: float) -> None:
        """Until the flow stops; then finishes what was sent, for at most `grace_seconds`, and hands back the rest."""
        while not self.flow.is_stopping.is_set():
            self._step(RUN_SECONDS)
        deadline = time.monotonic() + grace_seconds
        while not self.flow.is_fed_up.is_set() or (self.transport.in_flight and time.monotonic() < deadline):
            self._hand_back_waiting()
            self._collect(0.05)
        self._hand_back_waiting()
        self._abort()
        self.flow.is_delivered.set()

    def _step(self, timeout_seconds: float) -> None:
        for work in self.flow.ready():
            self._waiting.setdefault(work.subscriber.id, deque()).append(work)
        self.windows.sweep(time.monotonic())
        self._hold_waiting()
        self._start_all()
        self._hold_late()
        self._collect(min(timeout_seconds, LOOK_SECONDS) if self._waiting else timeout_seconds)

    def _hold_waiting(self) -> None:
        """Of those to be left alone all, and, if the process is full, what a subscriber will not soon answer."""
        held: list[Work] = []
        while self.flow.shut_off:
            subscriber_id, reason = self.flow.shut_off.popleft()
            self.windows.restart(subscriber_id)
            held += self._hold_last(subscriber_id, 0, reason)
        if self.flow.is_pressed and time.monotonic() - self._pressed_at > LOOK_SECONDS:
            self._pressed_at = time.monotonic()
            held += self._hold_beyond_allowance()
        self._pass_on(held)

    def _pass_on(self, held: list[Work]) -> None:
        if held:
            self.flow.held.extend({work.subscriber.id for work in held})
            self.flow.finish(held)

    def _hold_late(self) -> None:
        """A line in which one has waited for too long is held as a whole, and taken up again as it is answered.

        What may not be held is let go once its lease is over.
        """
        if time.monotonic() - self._late_at < LATE_LOOK_SECONDS:
            return
        self._late_at = time.monotonic()
        now = timezone.now()
        self._let_go(now)
        held: list[Work] = []
        for subscriber_id, waiting in list(self._waiting.items()):
            if any(work.may_be_held and work.is_late(now) for work in waiting):
                held += self._hold_last(subscriber_id, 0, "capped")
        self._pass_on(held)

    def _hold_beyond_allowance(self) -> list[Work]:
        held: list[Work] = []
        for subscriber_id, waiting in list(self._waiting.items()):
            allowed = self.windows.allowance(subscriber_id, waiting[0].subscriber.max_in_flight)
            kept = max(0, allowed - self.windows.in_flight(subscriber_id))
            if kept < len(waiting):
                held += self._hold_last(subscriber_id, kept, "capped")
        return held

    def _hold_last(self, subscriber_id: int, kept: int, reason: str) -> list[Work]:
        """Takes all behind the first so many out of the subscriber's line, to be held."""
        waiting = list(self._waiting.get(subscriber_id, ()))
        held = [work for work in waiting[kept:] if work.may_be_held]
        for work in held:
            work.hold(reason)
        if held:
            self._set_waiting(subscriber_id, deque(work for work in waiting if work.verdict is None))
        return held

    def _start_all(self) -> None:
        """One for each subscriber in turn, until the slots are full or nobody may have more."""
        has_started = True
        while self._waiting and has_started:
            has_started = False
            for subscriber_id in list(self._waiting):
                if self.transport.in_flight >= self.concurrency:
                    return
                if self._may_start(subscriber_id):
                    now = timezone.now()
                    if not self._waiting[subscriber_id][0].claim.holds(now):
                        self._let_go(now)
                        return
                    self._start(self._next(subscriber_id), now)
                    has_started = True

    def _let_go(self, now: datetime) -> None:
        """Drops what waits on claims that no longer hold: this process was stopped, or waited too long for something.
        Others may have sent it meanwhile."""
        lost: list[Work] = []
        for subscriber_id, waiting in list(self._waiting.items()):
            kept = deque(work for work in waiting if work.claim.holds(now))
            lost += [work for work in waiting if not work.claim.holds(now)]
            self._set_waiting(subscriber_id, kept)
        if lost:
            logger.warning("%d claims were let go unsent: their leases were over.", len(lost))
        self.flow.let_go(lost)

    def _set_waiting(self, subscriber_id: int, waiting: deque[Work]) -> None:
        self._waiting[subscriber_id] = waiting
        if not waiting:
            del self._waiting[subscriber_id]

    def _may_start(self, subscriber_id: int) -> bool:
        most = self._waiting[subscriber_id][0].subscriber.max_in_flight
        return self.windows.may_start(subscriber_id, most, is_alone=len(self._waiting) == 1)

    def _next(self, subscriber_id: int) -> Work:
        """The subscriber's first; the subscriber comes again behind the others."""
        waiting = self._waiting.pop(subscriber_id)
        work = waiting.popleft()
        if waiting:
            self._waiting[subscriber_id] = waiting
        return work

    def _start(self, work: Work, now: datetime) -> None:
        assert work.request is not None  # noqa: S101 - works without a request never become ready
        work.started_at = now
        attempt_spans.begin(work)
        request = work.request
        work.ticket = self.windows.start(work.subscriber.id, time.monotonic())
        exchange = Exchange(request.method, request.url, request.headers, request.body, work.timeouts)
        self.transport.start(exchange, work)

    def _collect(self, timeout_seconds: float) -> None:
        done: list[Work] = []
        for token, outcome in self.transport.run(timeout_seconds):
            assert isinstance(token, Work)  # noqa: S101 - the only kind of token that `_start` gives
            token.outcome = outcome
            self._leave(token, outcome)
            done.append(token)
        if done:
            self.flow.finish(done)

    def _leave(self, work: Work, outcome: Outcome) -> None:
        is_answered, is_failure = outcome.status is not None, sign_of(outcome) is Sign.FAILED
        now = time.monotonic()
        self.windows.end(work.subscriber.id, work.ticket, now, is_answered=is_answered, is_failure=is_failure)

    def _hand_back_waiting(self) -> None:
        works = self.flow.ready() + [work for waiting in self._waiting.values() for work in waiting]
        self._waiting.clear()
        for work in works:
            work.verdict = Verdict(Act.HAND_BACK)
        if works:
            self.flow.finish(works)

    def _abort(self) -> None:
        """What is still unanswered is nobody's failure: it is due again at once, and its attempt says what happened."""
        works = [work for work in self.transport.abort_all() if isinstance(work, Work)]
        for work in works:
            work.outcome, work.verdict = Outcome(error_kind=ErrorKind.CUT_OFF, error=CUT_OFF), Verdict(Act.HAND_BACK)
        if works:
            self.flow.finish(works)
