"""A consumer that is told to go loses nothing, sends nothing twice, and leaves no claim behind."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.faults.account import account
from tests.faults.books import Books
from tests.faults.load import Load
from tests.faults.stage import SUBSCRIBERS, TOPIC, Stage
from tests.flows.layouts import environment
from tests.flows.publisher import publish
from tests.flows.receiver import Answer, Received, Receiver
from tests.servers.faktory import FaktoryServer
from tests.servers.hub import HubServer

pytestmark = pytest.mark.timeout(180)

EVENT = {"topic": "orders", "data": {"body": 1}}
EVENTS_PER_SECOND = 200
ROLLS = 4
LONG = [pytest.mark.faktory, pytest.mark.postgres, pytest.mark.long]


class SlowReceiver(Receiver):
    """Answers when it may."""

    def __init__(self) -> None:
        super().__init__(self._answer_later)
        self.asked: list[Received] = []
        self.may_answer, self.is_there = threading.Event(), threading.Event()

    def _answer_later(self, request: Received) -> Answer:
        self.asked.append(request)
        self.is_there.set()
        self.may_answer.wait(60)
        return Answer()

    def __exit__(self, *exception: object) -> None:
        self.may_answer.set()
        super().__exit__(*exception)


@pytest.fixture
def slow() -> Iterator[SlowReceiver]:
    with SlowReceiver() as receiver:
        yield receiver


@pytest.fixture
def on_faktory(request: pytest.FixtureRequest, slow: SlowReceiver) -> Iterator[HubServer]:
    """A hub whose one subscriber answers when it may."""
    name = request.node.name.split("[")[0][-40:]
    with HubServer(environment("sqlite-faktory", request, name)) as hub:
        Books(hub).subscribe_many("orders", f"{slow.url}/", 1)
        hub.start_web()
        yield hub


def worker_id(hub: HubServer) -> str:
    """The consumer as Faktory knows it."""
    books, deadline = Books(hub), time.monotonic() + 30
    while not (found := books.rows("SELECT id FROM consumer")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    [(consumer_id,)] = found
    return UUID(str(consumer_id)).hex


@pytest.mark.faktory
def test_faktorys_terminate_lets_what_is_in_flight_finish_and_ends_the_consumer(
    on_faktory: HubServer, slow: SlowReceiver, faktory_server: FaktoryServer
) -> None:
    consumer = on_faktory.start_consumer()
    wid = worker_id(on_faktory)
    assert publish(on_faktory, EVENT)[0] == 202
    assert slow.is_there.wait(20)
    faktory_server.signal(wid, "terminate")
    time.sleep(6)  # it hears of it at several heartbeats, and must not take the second one for impatience
    assert consumer.poll() is None
    slow.may_answer.set()
    assert consumer.wait(30) == 0
    books = Books(on_faktory)
    assert books.states() == {"delivered": 1}
    assert books.lost_claims() == {}
    assert len(slow.requests) == 1


@pytest.mark.long
@pytest.mark.faktory
def test_faktorys_quiet_stops_the_fetching_and_nothing_else(
    on_faktory: HubServer, slow: SlowReceiver, faktory_server: FaktoryServer
) -> None:
    slow.may_answer.set()
    quiet = on_faktory.start_consumer()
    faktory_server.signal(worker_id(on_faktory), "quiet")
    deadline = time.monotonic() + 20
    while "was told to fetch no more" not in on_faktory.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(2.5)  # the FETCH that is on its way ends
    assert publish(on_faktory, EVENT)[0] == 202
    time.sleep(3)
    assert quiet.poll() is None
    assert slow.requests == []
    on_faktory.start_consumer()
    slow.wait_for(1)


def test_what_is_cut_off_at_a_stop_comes_again_at_once_though_it_has_no_retries(slow: SlowReceiver) -> None:
    with HubServer({"SWITCH_SHUTDOWN_SECONDS": "0.2"}) as hub:
        books = Books(hub)
        books.subscribe_many("orders", f"{slow.url}/", 1)
        books.rows("UPDATE subscriber SET retry_limit = 0")
        hub.start_web()
        consumer = hub.start_consumer()
        assert publish(hub, EVENT)[0] == 202
        assert slow.is_there.wait(20)
        consumer.send_signal(signal.SIGTERM)
        assert consumer.wait(30) == 0
        assert books.count("state = 'pending' AND failures = 0 AND attempts = 1 AND due_at = created_at") == 1
        slow.may_answer.set()
        hub.start_consumer()
        books.wait_until_settled(30)
        assert books.states() == {"delivered": 1}
        assert [request.headers["switch-attempt"] for request in slow.asked] == ["1", "2"]
        assert len({request.headers["webhook-id"] for request in slow.asked}) == 1
        assert books.count("1 = 1", "health") == 0, "the breaker has heard nothing of it"


def test_what_was_not_sent_when_the_grace_time_ends_is_due_at_once(slow: SlowReceiver) -> None:
    with HubServer({"SWITCH_SHUTDOWN_SECONDS": "1"}) as hub:
        books = Books(hub)
        books.subscribe_many("orders", f"{slow.url}/", 1)
        hub.start_web()
        consumer = hub.start_consumer(1, "--concurrency", "4")
        publish(hub, [EVENT] * 30)
        assert slow.is_there.wait(20)
        consumer.send_signal(signal.SIGTERM)
        assert consumer.wait(30) == 0
        assert books.states() == {"pending": 30}
        assert 1 <= books.count("attempts = 1") <= 4, "what was sent"
        assert books.count("failures = 0") == 30, "what was cut off counts as no failure"
        assert books.count("error_kind = 'cut_off'", "attempt") == books.count("attempts = 1")
        assert books.count("1 = 1", "consumer") == 0


@pytest.mark.parametrize(
    "layout", [pytest.param("sqlite-embedded", marks=pytest.mark.long), pytest.param("postgres-faktory", marks=LONG)]
)
def test_a_rolling_restart_under_load_loses_nothing_and_sends_nothing_twice(layout: str) -> None:
    with Stage(layout) as stage:
        stage.hub.start_web()
        stage.start_consumer()
        with Load(stage, EVENTS_PER_SECOND) as load:
            for _ in range(ROLLS):
                time.sleep(1)  # with all of them at work
                old = stage.hub.consumers[0]
                stage.start_consumer()
                old.send_signal(signal.SIGTERM)
                assert old.wait(30) == 0
                stage.hub.consumers.remove(old)
        stage.books.wait_until_settled(60)
        made = account(stage, {TOPIC: SUBSCRIBERS}, Counter({"roll consumers": ROLLS}), load)
        assert (made.lost, made.twice, made.lost_claims) == (0, 0, 0), made
