"""Back-up and restore by the very commands of docs/operating.md, while the hub publishes and deliveries wait."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docs.commands import blocks, page, run
from tests.flows.layouts import environment
from tests.flows.publisher import publish
from tests.flows.receiver import Answer, Received, Receiver
from tests.servers.hub import HubServer
from tests.servers.processes import kill_group, wait_until

_, SQLITE_SAVE, SQLITE_RESTORE, POSTGRES_SAVE, POSTGRES_RESTORE, REPAIR, _ = blocks(page("operating.md"))
WAIT_SECONDS = 120.0
#: So many events are accepted before the back-up begins, and at least so many more before the hub dies.
EVENTS = 40


class Books:
    """What was accepted, and what arrived where; until `is_restored` the path `/waiting` gets no answer."""

    def __init__(self) -> None:
        self.accepted: list[int] = []
        self.arrived: dict[str, set[int]] = {"/quick": set(), "/waiting": set()}
        self.is_restored = threading.Event()
        self._has_grown = threading.Condition()

    def answer(self, request: Received) -> Answer:
        if request.path == "/waiting" and not self.is_restored.is_set():
            self.is_restored.wait(WAIT_SECONDS)
            return Answer(500)  # to a consumer that is dead
        self.arrived[request.path].add(request.json["number"])
        return Answer()

    def accept(self, number: int) -> None:
        with self._has_grown:
            self.accepted.append(number)
            self._has_grown.notify_all()

    def wait_for(self, count: int) -> list[int]:
        with self._has_grown:
            assert self._has_grown.wait_for(lambda: len(self.accepted) >= count, WAIT_SECONDS)
            return list(self.accepted)


@contextmanager
def publishing(hub: HubServer, books: Books) -> Iterator[None]:
    """Events one after the other, until the block ends."""
    is_over = threading.Event()

    def go_on() -> None:
        number = 0
        while not is_over.is_set():
            number += 1
            if publish(hub, {"topic": "orders", "data": {"body": {"number": number}}})[0] == 202:
                books.accept(number)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def save(hub: HubServer, directory: Path) -> None:
    if "DATABASE_URL" in hub.env:
        run(hub, [POSTGRES_SAVE], {"back-up.dump": str(directory / "back-up.dump")})
    else:
        run(hub, [SQLITE_SAVE], _files(hub, directory))


def restore(hub: HubServer, directory: Path, name: str) -> None:
    if "DATABASE_URL" in hub.env:
        names = {"back-up.dump": str(directory / "back-up.dump"), "switch_restored": f"{name}_restored"}
        run(hub, [POSTGRES_RESTORE], names)
        hub.env["DATABASE_URL"] += "_restored"
    else:
        run(hub, [SQLITE_RESTORE], _files(hub, directory))


def _files(hub: HubServer, directory: Path) -> dict[str, str]:
    return {"back-up.sqlite3": str(directory / "back-up.sqlite3"), "switch.sqlite3": hub.env["SWITCH_DB_NAME"]}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "layout",
    [
        "sqlite-embedded",
        pytest.param("postgres-embedded", marks=pytest.mark.postgres),
        pytest.param("postgres-faktory", marks=[pytest.mark.postgres, pytest.mark.faktory]),
    ],
)
def test_what_was_accepted_before_the_back_up_is_delivered_after_it(
    layout: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    name, books = f"backup_{layout.replace('-', '_')}", Books()
    with Receiver(books.answer) as receiver, HubServer(environment(layout, request, name)) as hub:
        for path in books.arrived:
            hub.manage("subscribe", "orders", receiver.url + path)
        hub.start_web()
        consumer = hub.start_consumer()
        with publishing(hub, books):
            before = set(books.wait_for(EVENTS))
            save(hub, tmp_path)
            books.wait_for(len(books.accepted) + EVENTS)
        hub.kill_web()
        kill_group(consumer)
        hub.consumers.clear()
        restore(hub, tmp_path, name)
        books.is_restored.set()
        hub.start_web()
        restored = hub.start_consumer()
        wait_until(hub.is_ready, "The restored hub", hub.web, hub.log)
        wait_until(hub.has_consumer, "Its consumer", restored, hub.log)
        run(hub, [REPAIR])
        receiver.wait_until(lambda: all(before <= numbers for numbers in books.arrived.values()), WAIT_SECONDS)
        assert "All is well." in run(hub, [REPAIR])[0]
