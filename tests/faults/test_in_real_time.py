"""What the other tests see by moving the clock, with the clock left alone."""

import signal
import threading

import pytest

from tests.faults.books import Books
from tests.flows.publisher import publish
from tests.flows.receiver import Answer, Received, Receiver
from tests.servers.hub import HubServer

pytestmark = [pytest.mark.timeout(180), pytest.mark.long]

EVENT = {"topic": "orders", "data": {"body": 1}}
#: The promise is 90; the rest is for a busy machine.
WITHIN_SECONDS = 90 + 60


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
