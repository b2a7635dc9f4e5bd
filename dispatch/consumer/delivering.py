"""The loop that sends: fair to the subscribers, all requests of the process in one thread."""

import time
from collections import deque

from django.utils import timezone

from dispatch.consumer.flow import Flow
from dispatch.consumer.work import Work
from dispatch.outcomes import ErrorKind, Outcome
from dispatch.transport import Exchange, Transport
from dispatch.verdicts import Act, Verdict

RUN_SECONDS = 0.5
#: The part of the slots that one subscriber may have while others wait.
SHARE = 8


class Deliverer:
    """Starts what is ready, in turn for each subscriber, and passes on what came of it."""

    def __init__(self, flow: Flow, transport: Transport, concurrency: int) -> None:
        self.flow = flow
        self.transport = transport
        self.concurrency = concurrency
        self._waiting: dict[int, deque[Work]] = {}
        self._in_flight: dict[int, int] = {}

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
        self._start_all()
        self._collect(timeout_seconds)

    def _start_all(self) -> None:
        """One for each subscriber in turn, until the slots are full or nobody may have more."""
        while self._waiting and self.transport.in_flight < self.concurrency:
            startable = [subscriber_id for subscriber_id in self._waiting if self._may_start(subscriber_id)]
            if not startable:
                return
            for subscriber_id in startable[: self.concurrency - self.transport.in_flight]:
                self._start(self._next(subscriber_id))

    def _may_start(self, subscriber_id: int) -> bool:
        work = self._waiting[subscriber_id][0]
        share = max(1, self.concurrency // SHARE) if len(self._waiting) > 1 else self.concurrency
        return self._in_flight.get(subscriber_id, 0) < (work.subscriber.max_in_flight or share)

    def _next(self, subscriber_id: int) -> Work:
        waiting = self._waiting[subscriber_id]
        work = waiting.popleft()
        if not waiting:
            del self._waiting[subscriber_id]
        return work

    def _start(self, work: Work) -> None:
        assert work.request is not None  # noqa: S101 - works without a request never become ready
        request = work.request
        work.started_at = timezone.now()
        self._in_flight[work.subscriber.id] = self._in_flight.get(work.subscriber.id, 0) + 1
        exchange = Exchange(request.method, request.url, request.headers, request.body, work.timeouts)
        self.transport.start(exchange, work)

    def _collect(self, timeout_seconds: float) -> None:
        done: list[Work] = []
        for token, outcome in self.transport.run(timeout_seconds):
            assert isinstance(token, Work)  # noqa: S101 - the only kind of token that `_start` gives
            token.outcome = outcome
            self._leave(token)
            done.append(token)
        if done:
            self.flow.finish(done)

    def _leave(self, work: Work) -> None:
        left = self._in_flight[work.subscriber.id] - 1
        if left:
            self._in_flight[work.subscriber.id] = left
        else:
            del self._in_flight[work.subscriber.id]

    def _hand_back_waiting(self) -> None:
        works = self.flow.ready() + [work for waiting in self._waiting.values() for work in waiting]
        self._waiting.clear()
        for work in works:
            work.verdict = Verdict(Act.HAND_BACK)
        if works:
            self.flow.finish(works)

    def _abort(self) -> None:
        """What is still unanswered is a failure: it was sent, and nobody is left to hear the answer."""
        works = [work for work in self.transport.abort_all() if isinstance(work, Work)]
        for work in works:
            text = "The consumer was stopped before the answer came; the subscriber may have received it."
            work.outcome = Outcome(error_kind=ErrorKind.INTERNAL, error=text)
        if works:
            self.flow.finish(works)
