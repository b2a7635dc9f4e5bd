"""The account of what was accepted and what became of it, made when all is settled."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from tests.faults.books import as_sent
from tests.faults.load import Load
from tests.faults.stage import Stage

EVENTS = "SELECT id, topic, matched FROM event"
DELIVERIES = "SELECT id, event_id, state, reason, lost_claims FROM delivery"


@dataclass(frozen=True)
class Account:
    """`due` is what the load's schedule had for so many seconds."""

    layout: str
    faults: Counter[str]
    seconds: float
    due: int
    accepted: int
    refused: dict[int, int]
    repeated: int
    states: Counter[str]
    moods: Counter[str]
    arrived: int
    lost: int
    twice: int
    unexplained: int
    lost_claims: int
    recovered_seconds: float

    def __str__(self) -> str:
        rows = {
            "faults": counts(self.faults),
            "load": f"{self.accepted} events accepted of {self.due} due in {self.seconds:.0f} s",
            "publishes refused, by status": counts(self.refused),
            "events whose first answer was lost": self.repeated,
            "deliveries": counts(self.states),
            "requests that the subscribers failed": counts(self.moods),
            "requests that arrived": self.arrived,
            "lost": self.lost,
            "arrived twice": f"{self.twice}, of which {self.unexplained} without a claim lost by death",
            "claims lost by death": self.lost_claims,
            "all settled after the last fault": f"{self.recovered_seconds:.0f} s",
        }
        return "\n".join([f"\n{self.layout}", *(f"  {name:36} {value}" for name, value in rows.items())])


def counts(of: Counter[str] | dict[int, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(of.items())) or "0"


def account(
    stage: Stage, matched: dict[str, int], faults: Counter[str], load: Load, recovered_seconds: float = 0.0
) -> Account:
    """Fails unless what was due was accepted, and every event has exactly its deliveries, each in its proper state.

    `matched` says how many subscribers each topic has. Proper is dead for what was answered 410, and delivered for all
    else, however often it failed before.
    """
    books, receiver = stage.books, stage.receiver
    assert len(load.accepted) == load.due, f"{len(load.accepted)} were accepted, {load.due} were due"
    stored = {str(UUID(str(event_id))): (topic, count) for event_id, topic, count in books.rows(EVENTS)}
    assert stored.keys() == load.accepted.keys(), f"{len(stored)} are stored, {len(load.accepted)} were accepted"
    wanted = {event_id: matched[topic] for event_id, (topic, _) in stored.items()}
    assert wanted == {event_id: count for event_id, (_, count) in stored.items()}
    answered = {event_id: count for event_id, count in load.accepted.items() if count is not None}
    assert answered.items() <= wanted.items()
    rows = books.rows(DELIVERIES)
    assert Counter(str(UUID(str(event_id))) for _, event_id, *_ in rows) == wanted
    states = {as_sent(id): f"{state} {reason}".strip() for id, _, state, reason, _ in rows}
    improper = {
        delivery_id: state
        for delivery_id, state in states.items()
        if state != ("dead gone" if delivery_id in receiver.gone else "delivered")
    }
    assert improper == {}
    arrived, surplus = receiver.deliveries, receiver.surplus()
    assert arrived.keys() <= states.keys()
    lost_claims = Counter({as_sent(id): count for id, *_, count in rows if count})
    return Account(
        layout=stage.layout,
        faults=faults,
        seconds=load.seconds,
        due=load.due,
        accepted=len(stored),
        refused=dict(load.refused),
        repeated=load.repeated,
        states=Counter(states.values()),
        moods=receiver.met,
        arrived=arrived.total(),
        lost=len(states.keys() - arrived.keys()),
        twice=len(surplus),
        unexplained=sum(count > lost_claims[delivery_id] for delivery_id, count in surplus.items()),
        lost_claims=lost_claims.total(),
        recovered_seconds=recovered_seconds,
    )
