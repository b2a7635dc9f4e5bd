"""What is lost is waited for, and told once."""

import logging
import threading
from collections.abc import Iterator

import pytest

from dispatch.consumer import patience
from dispatch.consumer.patience import MAX_PAUSE_SECONDS, Patience

LOST = OSError("it went away")


class NoPause(threading.Event):
    """Notes the pauses instead of taking them."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout or 0.0)
        return False


@pytest.fixture
def pauses() -> Iterator[NoPause]:
    patience._silent.clear()
    yield NoPause()
    patience._silent.clear()


def test_threads_tell_once_that_it_is_away_and_once_that_it_is_back(
    pauses: NoPause, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    threads = [Patience("The database", pauses) for _ in range(3)]
    for _ in range(5):
        for each in threads:
            each.failed(LOST)
    for each in threads:
        each.worked()
    assert caplog.messages == [
        "The database does not answer; waiting for it. it went away",
        "The database answers again.",
    ]


def test_one_failure_is_no_news(pauses: NoPause, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    thread = Patience("The database", pauses)
    for _ in range(3):
        thread.failed(LOST)
        thread.worked()
    assert caplog.messages == []


def test_what_is_lost_again_is_told_again(pauses: NoPause, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    thread = Patience("The queue", pauses)
    for _ in range(2):
        thread.failed(LOST)
        thread.failed(LOST)
        thread.worked()
    assert [message.split(";")[0] for message in caplog.messages] == [
        "The queue does not answer",
        "The queue answers again.",
    ] * 2


def test_pauses_grow_to_a_limit_and_are_never_the_same(pauses: NoPause) -> None:
    thread = Patience("The queue", pauses)
    for _ in range(20):
        thread.failed(LOST)
    assert pauses.pauses[0] <= 0.2
    assert all(MAX_PAUSE_SECONDS / 2 <= pause <= MAX_PAUSE_SECONDS for pause in pauses.pauses[8:])
    assert len(set(pauses.pauses)) == len(pauses.pauses)
