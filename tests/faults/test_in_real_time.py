"""What the other tests see by moving the clock, with the clock left alone."""

import signal
import threading
from collections import Counter

import pytest

from tests.faults.books import Books
from tests.flows.publisher import publish
from tests.flows.receiver import Answer, Received, Receiver
from tests.servers.hub import HubServer

pytestmark = [pytest.mark.timeout(180), pytest.mark.long]

EVENT = {"topic": "orders", "data": {"body": 1}}
#: The promise is 90; the rest is for a busy machine.
WITHIN_SECONDS = 90 + 60
SLOTS = 4


def arrived(receiver: Receiver) -> Counter[str]:
    """How often each delivery arrived."""
    return Counter(request.headers["switch-delivery-id"] for request in receiver.requests)


def test_what_a_dead_consumer_had_in_its_hands_goes_again_while_time_passes_by_itself() -> None:
    is_there, may_answer = threading.Event(), threading.Event()

    def answer(request: Received) -> Answer:
        is_there.set()
        may_answer.wait(60)
        return Answer()

    with Receiver(answer) as receiver, HubServer() as hub:
        books = Books(hub)
        books.subscribe_many("orders", f"{receiver.url}/", 1)
        hub.start_web()
        dead = hub.start_consumer()
        assert publish(hub, EVENT)[0] == 202
        assert is_there.wait(30)
        dead.send_signal(signal.SIGKILL)
        dead.wait(10)
        may_answer.set()
        hub.start_consumer()
        books.wait_until_settled(WITHIN_SECONDS)
        assert books.states() == {"delivered": 1}
        assert list(books.lost_claims().values()) == [1]


def test_a_consumer_that_was_stopped_sends_nothing_that_another_has_taken_over() -> None:
    """As by a paused virtual machine or a laptop asleep: more waits in it than it has slots."""
    is_there, may_answer = threading.Event(), threading.Event()

    def answer(request: Received) -> Answer:
        is_there.set()
        may_answer.wait(120)
        return Answer()

    with Receiver(answer) as receiver, HubServer() as hub:
        books = Books(hub)
        books.subscribe_many("orders", f"{receiver.url}/", 4)
        hub.start_web()
        stopped = hub.start_consumer(1, "--concurrency", str(SLOTS))
        publish(hub, [EVENT] * 2)
        assert is_there.wait(30)
        books.wait_for("state = 'claimed'", 8)
        stopped.send_signal(signal.SIGSTOP)
        try:
            may_answer.set()
            hub.start_consumer()
            books.wait_until_settled(WITHIN_SECONDS)
        finally:
            stopped.send_signal(signal.SIGCONT)
        # It beats, has nothing in its hands any more, and is as good as any.
        books.wait_for("in_flight = 0 AND beat_at >= (SELECT max(settled_at) FROM delivery)", 2, "consumer")
        assert publish(hub, EVENT)[0] == 202
        books.wait_until_settled(30)
        assert books.states() == {"delivered": 12}
        receiver.wait_until(lambda: len(arrived(receiver)) == 12)  # it notes a request once it has answered it
        assert arrived(receiver).total() - 12 <= SLOTS, "what was in flight when it was stopped, and nothing else"


def test_what_waits_long_for_a_slow_subscriber_is_held_and_comes_once() -> None:
    """Nothing else is in the way, and the process has room for all of it."""
    may_answer = threading.Event()

    def answer(request: Received) -> Answer:
        may_answer.wait(120)
        return Answer()

    with Receiver(answer) as receiver, HubServer() as hub:
        books = Books(hub)
        books.subscribe_many("orders", f"{receiver.url}/", 1)
        books.rows("UPDATE subscriber SET max_in_flight = 1, idle_timeout_seconds = 60, total_timeout_seconds = 60")
        hub.start_web()
        hub.start_consumer()
        assert publish(hub, [EVENT] * 20)[0] == 202
        books.wait_for("state = 'claimed'", 20)
        books.wait_for("state = 'held' AND reason = 'capped'", 19, timeout_seconds=55)
        may_answer.set()
        books.wait_until_settled(60)
        assert books.states() == {"delivered": 20}
        assert len(receiver.wait_for(20)) == 20
        assert not books.lost_claims()
