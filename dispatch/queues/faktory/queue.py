"""The seam over Faktory."""

import json
import logging
import select
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings

from dispatch.queues.base import Depth, Failure, Job, QueueError, QueueUnavailableError, Signal
from dispatch.queues.faktory.connection import CommandRefusedError, FaktoryConnection
from dispatch.queues.faktory.wire import from_wire, to_wire

#: Jobs in one PUSHB, and commands sent at once before their replies are read.
BULK = 500
#: A blocking FETCH is answered within two seconds, with a job or with nothing; beyond this the server hangs, or is gone
#: without a word: a machine that lost its power, or a firewall that forgot the connection.
FETCH_ANSWER_SECONDS = 10.0
#: FETCHes sent at once while there is work.
PIPELINED = 64
#: Jobs that wait in Faktory are here so soon. Others may have taken them, and those in hand wait no longer for them.
SOON_SECONDS = 0.005
#: At its end a consumer reads out the FETCHes that are on their way, for so long at most: above the two seconds that
#: the one which Faktory works on may block. Those behind it bring nothing once the worker is quiet.
READ_OUT_SECONDS = 3.0

Item = TypeVar("Item")

logger = logging.getLogger(__name__)


class FaktoryQueue:
    """Jobs of one type in one queue. Fetches on a connection of their own: a FETCH blocks what comes behind it."""

    is_embedded = False

    def __init__(self, owner: UUID | None) -> None:
        self.jobtype: str = settings.SWITCH_PRODUCTION_QUEUE_NAMESPACE
        self.name: str = settings.SWITCH_PRODUCTION_QUEUE
        self.worker_id = owner.hex if owner else None
        self._commands = self._connection()
        self._fetches = self._connection()
        self._asked = 0
        self._heard_at = 0.0  # when the FETCHes were sent, or the last of them was answered
        self._waker, self._woken = socket.socketpair()

    def _connection(self) -> FaktoryConnection:
        return FaktoryConnection(
            settings.FAKTORY_URL,
            settings.FAKTORY_PASSWORD,
            worker_id=self.worker_id,
            timeout_seconds=settings.SWITCH_PUSH_TIMEOUT_SECONDS,
        )

    def push(self, jobs: Sequence[Job]) -> None:
        # Never PUSH: single ones on several connections mix up each other's `retry`.
        for some in _slices(jobs, BULK):
            wires = [to_wire(job, self.jobtype, self.name) for job in some]
            refused = json.loads(self._ask(f"PUSHB {json.dumps(wires)}") or "{}")
            for job_id, reason in refused.items():
                logger.error("Faktory refused the job %s: %s", job_id, reason)

    def fetch(self, limit: int, wait_seconds: float) -> list[Job]:
        """Asks ahead: the next job is on its way while these are worked on. Where it has come by then, more wait than
        are taken one by one, and as many FETCHes are sent as there is room for: idle ones would only block."""
        is_behind = self._asked > 0 and self._is_readable(0.0)
        if not self._asked:
            self._ask_for(1)
        jobs = self._read_fetched(wait_seconds)
        # A wide event takes its time, in which the next job is better off with another consumer.
        if jobs and len(jobs) < limit and not self._asked and not any(job.fan_out for job in jobs):
            jobs += self._ask_ahead(limit - len(jobs), is_behind=is_behind)
        return jobs

    def ack(self, jobs: Sequence[Job]) -> None:
        """A job that Faktory does not know as fetched needs no ack."""
        self._tell(jobs, lambda job: f"ACK {json.dumps({'jid': job.id})}")

    def fail(self, failures: Sequence[Failure]) -> list[Job]:
        """Faktory does not know a job as fetched whose reservation has ended, or that it forgot in a restart.

        One of the original's that it would forget with its failure comes again, as one that goes to the dead set.
        """
        forgotten = [failure.job for failure in failures if failure.job.legacy and not failure.job.is_kept]
        self.push(forgotten)
        self.ack(forgotten)
        kept = [failure for failure in failures if failure.job not in forgotten]
        return [failure.job for failure in self._tell(kept, _fail_command)]

    def beat(self) -> Signal:
        answer = self._ask(f"BEAT {json.dumps({'wid': self.worker_id})}")
        state = json.loads(answer).get("state", "") if answer and answer != "OK" else ""
        return Signal(state) if state in tuple(Signal) else Signal.NONE

    def depth(self) -> Depth:
        info = json.loads(self._ask("INFO"))["faktory"]
        latency = json.loads(self._ask(f"QUEUE LATENCY {self.name}") or "{}")
        waiting = int((info.get("queues") or {}).get(self.name, 0))
        tasks: dict[str, Any] = info.get("tasks") or {}
        scheduled = sum(int((tasks.get(kind) or {}).get("size", 0)) for kind in ("Scheduled", "Retries"))
        return Depth(waiting, scheduled, max(0.0, float(latency.get(self.name, 0.0))) if waiting else 0.0)

    def wake(self) -> None:
        self._waker.send(b"\0")

    def close(self) -> None:
        """Reads out what was fetched: closing the socket on a FETCH that is on its way would swallow a job."""
        try:
            if self._asked > 1:
                self._be_quiet()
            deadline = time.monotonic() + READ_OUT_SECONDS
            while self._asked and time.monotonic() < deadline:
                self.give_back(self._read_fetched(deadline - time.monotonic()))
        except QueueUnavailableError as error:
            logger.warning("A FETCH was not answered at the end. %s", error)
        for connection in (self._commands, self._fetches):
            connection.close()
        self._waker.close()
        self._woken.close()

    def _be_quiet(self) -> None:
        """Tells Faktory to answer the FETCHes of this worker with nothing from now on, on all of its connections."""
        self._ask(f"BEAT {json.dumps({'wid': self.worker_id, 'current_state': 'quiet'})}")

    def give_back(self, jobs: Sequence[Job]) -> None:
        """Puts fetched jobs back, untried."""
        if jobs:
            self.ack(jobs)
            self.push(jobs)

    def _ask(self, command: str) -> str:
        """The reply to a command that only a server in trouble refuses, or one that has forgotten this connection."""
        try:
            return self._commands.ask(command) or ""
        except CommandRefusedError as error:
            self._commands.close()
            raise QueueUnavailableError(f"Faktory refused {command.split()[0]}: {error}") from error

    def _ask_for(self, count: int) -> None:
        if count > 0:
            self._fetches.send(*[f"FETCH {self.name}"] * count)
        self._asked = max(0, count)
        self._heard_at = time.monotonic()

    def _ask_ahead(self, room: int, *, is_behind: bool) -> list[Job]:
        """One FETCH; or half of what waits, of which some is there at once: the other half is for other consumers."""
        try:
            if not is_behind:
                self._ask_for(1)
                return []
            half = min(room, PIPELINED, self._waiting() // 2)
            self._ask_for(max(1, half))
            return self._read_fetched(SOON_SECONDS) if half else []
        except QueueUnavailableError as error:
            # The next fetch says so again; now the caller holds jobs that are not to be lost.
            logger.debug("No more jobs came. %s", error)
            return []

    def _waiting(self) -> int:
        info = json.loads(self._ask("INFO"))["faktory"]
        return int((info.get("queues") or {}).get(self.name, 0))

    def _read_fetched(self, wait_seconds: float) -> list[Job]:
        """The replies to FETCHes that are there, or come within `wait_seconds`; the others stay asked for.

        Raises QueueUnavailableError if they are overdue; a reply that is there is read, however late.
        """
        jobs: list[Job] = []
        deadline = time.monotonic() + wait_seconds
        while self._asked and self._is_readable(0.0 if jobs else deadline - time.monotonic()):
            try:
                text = self._fetches.read(FETCH_ANSWER_SECONDS)
            except QueueError as error:
                self._forget_fetches()
                if jobs:
                    break
                raise QueueUnavailableError(f"No answer to FETCH: {error}") from error
            self._asked -= 1
            self._heard_at = time.monotonic()
            if text is not None:
                jobs += self._parsed(text)
        if self._asked and not jobs and time.monotonic() - self._heard_at > FETCH_ANSWER_SECONDS:
            self._forget_fetches()
            raise QueueUnavailableError(f"No answer to FETCH within {FETCH_ANSWER_SECONDS:g} seconds.")
        return jobs

    def _forget_fetches(self) -> None:
        """Gives up the connection with what was asked on it: the next fetch connects anew."""
        self._asked = 0
        self._fetches.close()

    def _is_readable(self, wait_seconds: float) -> bool:
        if self._fetches.has_buffered():
            return True
        ready, _, _ = select.select([self._fetches.fileno(), self._woken.fileno()], [], [], max(0.0, wait_seconds))
        if self._woken.fileno() in ready:
            self._woken.recv(64)
        return self._fetches.fileno() in ready

    def _parsed(self, text: str) -> list[Job]:
        wire = json.loads(text)
        try:
            return [from_wire(wire)]
        except (ValueError, KeyError, TypeError) as error:
            logger.error("Job %s is not for Switch and goes to Faktory's retries: %s", wire.get("jid"), error)
            self._refuse(wire, error)
            return []

    def _refuse(self, wire: dict[str, Any], error: Exception) -> None:
        if wire.get("retry") == 0:
            # Faktory would forget it with its failure. So it comes again, as one that goes to the dead set.
            self._commands.ask(f"PUSHB {json.dumps([{**wire, 'retry': -1}])}")
            self._commands.ask(f"ACK {json.dumps({'jid': wire['jid']})}")
            return
        told: dict[str, Any] = {
            "jid": wire.get("jid"),
            "errtype": "unknown_job",
            "message": str(error),
            "backtrace": [],
        }
        self._commands.ask_all([f"FAIL {json.dumps(told)}"])

    def _tell(self, items: Sequence[Item], command: Callable[[Item], str]) -> list[Item]:
        """Sends a command for each item, many at once; returns the items that were refused."""
        refused: list[Item] = []
        for some in _slices(items, BULK):
            replies = self._commands.ask_all([command(item) for item in some])
            pairs = zip(some, replies, strict=True)
            refused += [item for item, reply in pairs if isinstance(reply, CommandRefusedError)]
        return refused


def _fail_command(failure: Failure) -> str:
    told = {
        "jid": failure.job.id,
        "errtype": failure.error_kind,
        "message": failure.message[:1000],
        "backtrace": [],
    }
    return f"FAIL {json.dumps(told)}"


def _slices(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))
