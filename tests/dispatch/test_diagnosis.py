"""The doctor names what is wrong, repairs what can be, and finds nothing in a hub that is well."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from dispatch.diagnosis import examine, repair
from dispatch.identifiers import new_id
from dispatch.leases import acquire
from dispatch.ledger.dialect import to_database
from dispatch.models import Consumer, Delivery, Health
from dispatch.queues import open_queue
from dispatch.queues.base import Queue
from dispatch.queues.embedded import EmbeddedQueue
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber
from tests.dispatch.queues.conftest import use_faktory
from tests.servers.processes import free_port

pytestmark = pytest.mark.django_db

PAST = timedelta(minutes=-2)
FUTURE = timedelta(hours=3)
BROKEN = "import os"


def make_consumer(beat: timedelta = timedelta(), **fields: Any) -> Consumer:
    moment = timezone.now() + beat
    given = {"host": "here", "process_id": 1, "queue": "embedded", "concurrency": 8}
    return Consumer.objects.create(**{**given, "beat_at": moment, "progressed_at": moment, **fields})


@pytest.fixture
def living() -> Consumer:
    return make_consumer()


@pytest.fixture
def broker(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Queue]:
    use_faktory(request, settings)
    with closing(open_queue()) as queue:
        yield queue


def told(queue: Queue | None = None) -> list[str]:
    return [f"{trouble.count} {trouble.what}" for trouble in examine(queue or EmbeddedQueue(None))]


@pytest.mark.usefixtures("living")
def test_nothing_is_wrong_with_a_hub_at_work() -> None:
    event = make_event(matched=3)
    make_delivery(make_subscriber(), event)
    make_delivery(make_subscriber(state="paused"), event, state="held", reason="paused")
    make_delivery(make_subscriber(), event, state="delivered", attempts=1, last_status=200)
    make_delivery(state="claimed")
    assert told() == []


@pytest.mark.usefixtures("living")
def test_a_limit_for_which_publishes_are_refused_is_told(settings: Settings) -> None:
    settings.SWITCH_MAX_WAITING_DELIVERIES = 1
    make_delivery()
    [trouble] = examine(EmbeddedQueue(None))
    assert str(trouble) == (
        "Publishes are refused. 1 deliveries or more wait to be sent; with so many (SWITCH_MAX_WAITING_DELIVERIES) no "
        "event is accepted. Consumers must run and subscribers answer, or those that are paused be resumed, or their "
        "backlog discarded."
    )


def held(**subscriber: Any) -> Delivery:
    return make_delivery(make_subscriber(**subscriber), state="held", reason="paused")


REPAIRABLE: dict[str, Callable[[], object]] = {
    "delivery is claimed by a consumer that is dead": lambda: make_delivery(
        state="claimed", lease_until=timedelta(seconds=-1)
    ),
    "delivery is held for a reason that has ended": held,
    "delivery waits for a subscriber that is deleted or missing": lambda: held(deleted_at=timezone.now()),
    "delivery is held for a reason that holds nothing": lambda: make_delivery(state="held", reason="exhausted"),
    "delivery is due later than any first try may be": lambda: make_delivery(due_at=FUTURE),
    "subscriber is left alone for longer than any pause lasts": lambda: Health.objects.create(
        subscriber=make_subscriber(), breaker="open", open_until=timezone.now() + timedelta(days=400)
    ),
    "consumer ended without a word, or hangs": lambda: make_consumer(PAST),
    "consumer has a heartbeat from the future": lambda: make_consumer(timedelta(days=2)),
    "lease of a task ends more than an hour from now": lambda: acquire("reconciler", new_id(), timedelta(hours=5)),
}


@pytest.mark.usefixtures("living")
@pytest.mark.parametrize(("what", "make"), REPAIRABLE.items(), ids=REPAIRABLE.keys())
def test_what_can_be_repaired_is_told_and_repaired(what: str, make: Callable[[], object]) -> None:
    make()
    assert told() == [f"1 {what}"]
    repair(EmbeddedQueue(None))
    assert told() == []


@pytest.mark.usefixtures("living")
def test_a_claim_of_the_dead_that_a_wrong_clock_made_is_told_and_repaired() -> None:
    make_delivery(state="claimed", lease_until=FUTURE)
    assert told() == ["1 delivery is claimed by a consumer that is dead"]
    assert str(repair(EmbeddedQueue(None))) == "recovered 1"
    assert told() == []


@pytest.mark.usefixtures("living")
@pytest.mark.parametrize(
    ("count", "found", "done"),
    [
        (1, "1 consumer ended without a word, or hangs", "forgot 1 consumer"),
        (2, "2 consumers ended without a word, or hang", "forgot 2 consumers"),
    ],
)
def test_a_repair_tells_which_consumers_it_forgot(count: int, found: str, done: str) -> None:
    for _ in range(count):
        make_consumer(PAST)
    assert told() == [found]
    assert str(repair(EmbeddedQueue(None))) == done
    assert str(repair(EmbeddedQueue(None))) == "nothing"


@pytest.mark.usefixtures("living")
def test_a_repair_tells_all_that_it_did() -> None:
    held()
    make_consumer(PAST)
    acquire("reconciler", new_id(), timedelta(hours=5))
    assert str(repair(EmbeddedQueue(None))) == "released 1, forgot 1 consumer, freed 1 lease"


@pytest.mark.usefixtures("living")
def test_what_a_mended_filter_held_is_told_and_repaired() -> None:
    make_delivery(make_subscriber(filter_expression=""), state="held", reason="broken")
    assert told() == ["1 delivery is held for a reason that has ended"]
    repair(EmbeddedQueue(None))
    assert told() == []


ON_FAKTORY: dict[str, Callable[[], object]] = {
    "delivery waits and is in no queue": lambda: make_delivery(created_at=PAST),
    "delivery waits for a job that Faktory has lost": lambda: make_delivery(
        queued_at=PAST, due_at=PAST, created_at=PAST
    ),
    "wide event is half written, and no job goes on with it": lambda: make_event(
        fan_out="pending", matched=None, received_at=timedelta(seconds=-14)
    ),
}


@pytest.mark.faktory
@pytest.mark.usefixtures("living")
@pytest.mark.parametrize(("what", "make"), ON_FAKTORY.items(), ids=ON_FAKTORY.keys())
def test_what_the_queue_lacks_is_told_and_pushed(what: str, make: Callable[[], object], broker: Queue) -> None:
    make()
    assert told(broker) == [f"1 {what}"]
    repair(broker)
    assert told(broker) == []
    assert broker.depth().waiting == 1


FOR_PEOPLE: dict[str, Callable[[], object]] = {
    "1 subscriber has a filter that does not compile": lambda: make_subscriber(filter_expression=BROKEN),
    "1 claim ends more than an hour from now": lambda: make_delivery(
        state="claimed", owner=Consumer.objects.get().pk, lease_until=timedelta(hours=2)
    ),
    "1 event (of the newest 10,000 of the last day) has more or fewer deliveries than subscribers matched": (
        lambda: make_event(matched=1)
    ),
    "1 delivery (of the newest 10,000 delivered) was never tried": lambda: make_delivery(state="delivered"),
    "1 wide event waits for its deliveries to be written": lambda: make_event(
        fan_out="pending", matched=None, received_at=timedelta(seconds=-20)
    ),
}


@pytest.mark.usefixtures("living")
@pytest.mark.parametrize(("what", "make"), FOR_PEOPLE.items(), ids=FOR_PEOPLE.keys())
def test_what_only_people_can_mend_is_told_and_stays(what: str, make: Callable[[], object]) -> None:
    make()
    assert told() == [what]
    repair(EmbeddedQueue(None))
    assert told() == [what]


@pytest.mark.usefixtures("living")
def test_replays_and_backfills_do_not_count_as_matched() -> None:
    first = make_delivery(state="delivered", attempts=1)
    make_delivery(first.subscriber, first.event, replay_of=first)
    assert told() == []


def test_a_hub_without_a_consumer_is_told() -> None:
    assert told() == ["None No consumer is alive"]


def test_a_consumer_that_does_nothing_about_what_is_due_is_told() -> None:
    make_consumer(progressed_at=timezone.now() + PAST)
    make_delivery(due_at=PAST)
    [trouble] = examine(EmbeddedQueue(None))
    assert str(trouble).startswith("Deliveries are due since 20")
    assert str(trouble).endswith(" UTC. Look at the consumers' log; restart them.")


@pytest.mark.faktory
def test_what_is_due_and_does_not_come_may_be_held_back_by_a_paused_queue(broker: Queue) -> None:
    make_consumer(progressed_at=timezone.now() + PAST)
    make_delivery(due_at=timedelta(seconds=-20), queued_at=timezone.now())
    [trouble] = examine(broker)
    assert "no consumer has made progress" in trouble.what
    assert trouble.advice.startswith("If Faktory's queue is paused, resume it")


@pytest.mark.usefixtures("living")
def test_a_faktory_that_is_away_is_told(settings: Settings) -> None:
    settings.FAKTORY_URL = f"tcp://127.0.0.1:{free_port()}"
    with closing(open_queue(new_id())) as queue:
        [trouble] = told(queue)
    assert trouble.startswith("None Faktory does not answer: No connection")


TORN = "1 delivery (of the newest 10,000) has no event or no subscriber"


@pytest.mark.usefixtures("living")
@pytest.mark.parametrize(
    ("statement", "column", "found"),
    [
        ("DELETE FROM event WHERE id = %s", "event_id", [TORN]),
        (
            "DELETE FROM subscriber WHERE id = %s",
            "subscriber_id",
            ["1 delivery waits for a subscriber that is deleted or missing", TORN],
        ),
    ],
)
def test_a_delivery_whose_event_or_subscriber_is_missing_is_told(statement: str, column: str, found: list[str]) -> None:
    delivery = make_delivery(event=make_event(fan_out="done", matched=1))
    with connection.cursor() as cursor:
        cursor.execute(statement, [to_database(getattr(delivery, column))])
    try:
        assert told() == found
        repair(EmbeddedQueue(None))
        assert told() == [TORN], "it is kept"
    finally:
        Delivery.objects.filter(pk=delivery.pk)._raw_delete("default")


@pytest.mark.usefixtures("living")
@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"queued_at": FUTURE, "created_at": PAST}, "delivery waits for a job that Faktory has lost"),
        ({"created_at": FUTURE}, "delivery waits and is in no queue"),
    ],
    ids=["queued", "made"],
)
def test_what_a_wrong_clock_marked_in_the_future_is_told_and_pushed(
    fields: dict[str, timedelta], what: str, broker: Queue
) -> None:
    make_delivery(due_at=PAST, **fields)
    assert f"1 {what}" in told(broker)
    repair(broker)
    assert broker.depth().waiting == 1
    assert f"1 {what}" not in told(broker)
