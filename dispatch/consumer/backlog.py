"""Takes up what is held for want of capacity: as much of it as its subscriber has room for in this process."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from dispatch.consumer.flow import Flow
from dispatch.consumer.gate import Gate, shut_reason
from dispatch.ledger.claiming import SUSPECT_FROM, Claim, claim_suspect, due_suspects
from dispatch.ledger.health import elect_probe, withdraw_probe
from dispatch.ledger.holding import backlogs, claim_held
from dispatch.ledger.loading import LoadedSubscriber, load_subscribers
from dispatch.rates import available

#: How often it is looked who has a backlog; less often where a look takes long.
LOOK_SECONDS = 0.25
LOOKS_PART_OF_TIME = 20
#: How long the feeder waits for jobs: nobody has a backlog, somebody has, something of it was just taken up.
IDLE_SECONDS = 1.0
LINES_SECONDS = 0.1
BUSY_SECONDS = 0.02
#: Subscribers that are served in one turn, and deliveries claimed at once.
TURN = 32
CLAIMED_AT_ONCE = 128
SUSPECTS_LOOKED_AT = 40
#: Suspects that are tried together for the first time: if they are lost again, each is tried alone.
SUSPECTS_AT_ONCE = 20

#: How many deliveries a subscriber may have in the process, given its own limit.
Allowance = Callable[[int, int | None], int]


@dataclass
class Taken:
    """What was claimed; `probe_ids` are deliveries that find out how their subscriber does."""

    claims: list[Claim] = field(default_factory=list)
    probe_ids: set[UUID] = field(default_factory=set)


class Backlog:
    """Used by the thread that feeds."""

    def __init__(self, owner: UUID, flow: Flow, gate: Gate, allowance: Allowance) -> None:
        self.owner = owner
        self.flow = flow
        self.gate = gate
        self._allowance = allowance
        self._look_at = 0.0
        self._suspects_at = 0.0
        self._is_busy = False

    @property
    def wait_seconds(self) -> float:
        """How long the feeder may wait for jobs before it comes back here."""
        return BUSY_SECONDS if self._is_busy else LINES_SECONDS if self.gate.lines else IDLE_SECONDS

    def look(self) -> None:
        """Learns who has a backlog, if it is time to. What was held here may not be recorded yet."""
        now = time.monotonic()
        while self.flow.held:
            self.gate.lines.setdefault(self.flow.held.popleft(), ["capped"])
            self._look_at = min(self._look_at, now + LINES_SECONDS)
        if now < self._look_at:
            return
        self.gate.lines = backlogs()
        took = time.monotonic() - now
        self._look_at = now + max(LINES_SECONDS if self.gate.lines else LOOK_SECONDS, took * LOOKS_PART_OF_TIME)

    def claim(self, room: int, now: datetime) -> Taken:
        """Claims what may be sent now, at most so many, for some of the subscribers in turn."""
        taken = Taken()
        for subscriber in self._turn():
            limit = min(room - len(taken.claims), CLAIMED_AT_ONCE)
            if limit <= 0:
                break
            self._claim_for(subscriber, limit, now, taken)
        self._is_busy = bool(taken.claims)
        return taken

    def claim_suspects(self, now: datetime) -> Taken:
        """Deliveries that may be what kills their consumers, of those that are due and whose subscriber may be called.

        Some together the first time; one that was lost again, or is the probe of a subscriber that was left alone,
        goes alone. A suspect must be such a probe: all that waits for that subscriber may be suspects.
        """
        taken = Taken()
        if time.monotonic() < self._suspects_at:
            return taken
        suspects = due_suspects(now, SUSPECTS_LOOKED_AT)
        subscribers = load_subscribers({subscriber_id for _, subscriber_id, _ in suspects})
        for delivery_id, subscriber_id, lost_claims in suspects:
            is_probe = subscribers[subscriber_id].is_shut_off
            is_alone = is_probe or lost_claims > SUSPECT_FROM
            if is_alone and taken.claims:
                continue
            self._claim_suspect(delivery_id, subscriber_id, now, taken, is_probe=is_probe)
            if taken.claims and (is_alone or len(taken.claims) >= SUSPECTS_AT_ONCE):
                break
        if not taken.claims:
            self._suspects_at = time.monotonic() + LOOK_SECONDS
        return taken

    def _claim_suspect(
        self, delivery_id: UUID, subscriber_id: int, now: datetime, taken: Taken, *, is_probe: bool
    ) -> None:
        if is_probe and not elect_probe(subscriber_id, now):
            return
        found = claim_suspect(self.owner, delivery_id, now)
        if is_probe and not found:
            withdraw_probe(subscriber_id, now)
        taken.claims += found
        taken.probe_ids |= {claim.delivery_id for claim in found if is_probe}

    def _turn(self) -> list[LoadedSubscriber]:
        """The next ones; they come again behind the others."""
        chosen = list(self.gate.lines)[:TURN]
        for subscriber_id in chosen:
            self.gate.lines[subscriber_id] = self.gate.lines.pop(subscriber_id)
        return list(load_subscribers(chosen).values())

    def _claim_for(self, subscriber: LoadedSubscriber, limit: int, now: datetime, taken: Taken) -> None:
        if subscriber.is_paused or subscriber.is_deleted:
            taken.claims += self._claim_line(subscriber.id, limit, now)
        elif subscriber.is_shut_off:
            self._leave_alone(subscriber, now, taken)
        else:
            taken.claims += self._claim_line(subscriber.id, min(limit, self._room(subscriber, now)), now)

    def _room(self, subscriber: LoadedSubscriber, now: datetime) -> int:
        in_hand = self.flow.taken_for(subscriber.id)
        room = self._allowance(subscriber.id, subscriber.max_in_flight) - in_hand
        rate = subscriber.rate_limit_per_second
        return min(room, available(subscriber.rate_due_at, rate, now)) if rate else room

    def _leave_alone(self, subscriber: LoadedSubscriber, now: datetime, taken: Taken) -> None:
        """Nothing but a probe, once the pause is over: in turn the oldest, and the newest, which may be another kind
        of event."""
        self.flow.shut_off.append((subscriber.id, shut_reason(subscriber)))
        if subscriber.open_until is None or subscriber.open_until > now or not elect_probe(subscriber.id, now):
            return
        probe = self._claim_line(subscriber.id, 1, now, newest=subscriber.opened_in_a_row % 2 == 0)
        if not probe:
            withdraw_probe(subscriber.id, now)
        taken.claims += probe
        taken.probe_ids |= {claim.delivery_id for claim in probe}

    def _claim_line(self, subscriber_id: int, limit: int, now: datetime, *, newest: bool = False) -> list[Claim]:
        """Those of one reason after those of another; a line that has come to its end is forgotten."""
        found: list[Claim] = []
        for reason in list(self.gate.lines.get(subscriber_id, ())):
            if len(found) >= limit:
                break
            found += claim_held(self.owner, subscriber_id, reason, limit - len(found), now, newest=newest)
            if len(found) < limit:
                self.gate.lines[subscriber_id].remove(reason)
        if not self.gate.lines.get(subscriber_id):
            self.gate.lines.pop(subscriber_id, None)
        return found
