"""Publishes are refused while a limit of storage is reached; what is refused is not stored."""

import logging
import sys
import time
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django import Settings

from dispatch import backpressure
from dispatch.backpressure import Watcher, look
from dispatch.ledger.dialect import is_postgres
from dispatch.models import Event
from tests.dispatch.client import PLAIN, post, subscribe
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]

#: More than any disk has, and less than any database.
HUGE, TINY = 1 << 62, 1


@pytest.fixture
def _no_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watcher's own thread closes its connection; here it would be the test's."""
    monkeypatch.setattr("dispatch.backpressure.connection.close", lambda: None)


def reached(watcher: Watcher) -> str:
    watcher.look()
    return watcher.reached.setting if watcher.reached else ""


@pytest.mark.usefixtures("_no_close")
def test_too_many_waiting_deliveries_refuse_a_publish_until_they_are_fewer(settings: Settings) -> None:
    settings.SWITCH_MAX_WAITING_DELIVERIES = 2
    subscribe()
    watcher = backpressure.watcher()
    for _ in range(2):
        watcher.look()
        assert post(PLAIN).status == 202
    watcher.look()
    answer = post(PLAIN)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert answer.json["limit"] == "SWITCH_MAX_WAITING_DELIVERIES"
    for part in ("2 deliveries or more wait", "Consumers must run", "Nothing was stored: publish again later."):
        assert part in answer.detail
    event = Event.objects.earliest("id")
    event.deliveries.update(state="delivered", settled_at=event.received_at)
    watcher.look()
    assert post(PLAIN).status == 202
    assert Event.objects.count() == 3


@pytest.mark.usefixtures("_no_close")
def test_a_wide_event_counts_before_its_deliveries_are_written(settings: Settings) -> None:
    settings.SWITCH_FAN_OUT_LIMIT, settings.SWITCH_MAX_WAITING_DELIVERIES = 2, 3
    for _ in range(3):
        subscribe()
    watcher = backpressure.watcher()
    watcher.look()
    assert post(PLAIN).json["matched"] is None
    watcher.look()
    assert post(PLAIN).json["limit"] == "SWITCH_MAX_WAITING_DELIVERIES"


@pytest.mark.usefixtures("_no_close")
def test_a_refused_publish_needs_a_good_token_but_its_body_is_not_looked_at(settings: Settings) -> None:
    settings.SWITCH_MAX_WAITING_DELIVERIES = 1
    make_delivery(make_subscriber())
    backpressure.watcher().look()
    assert post(PLAIN, token="bad").status == 401
    assert post(b"{").status == 503


def test_each_limit_is_reached_and_left(settings: Settings) -> None:
    assert look() is None, "by default nothing is in the way"
    settings.SWITCH_MAX_DATABASE_BYTES = TINY
    found = look()
    assert found is not None
    assert found.setting == "SWITCH_MAX_DATABASE_BYTES"
    settings.SWITCH_MAX_DATABASE_BYTES = HUGE
    assert look() is None
    settings.SWITCH_MIN_FREE_DISK_BYTES = HUGE
    found = look()
    if is_postgres():
        assert found is None, "its disk is not seen from here"
    else:
        assert found is not None
        assert found.setting == "SWITCH_MIN_FREE_DISK_BYTES"
        assert "Room must be made on the disk." in found.detail
    settings.SWITCH_MIN_FREE_DISK_BYTES = 0
    assert look() is None


@pytest.mark.usefixtures("_no_close")
def test_a_change_of_state_is_logged_once(
    settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    logging.disable(logging.NOTSET)
    watcher = Watcher()
    with caplog.at_level(logging.INFO, logger="dispatch.backpressure"):
        for most in (0, TINY, TINY, TINY, 0, 0):
            settings.SWITCH_MAX_DATABASE_BYTES = most
            watcher.look()
    assert [record.getMessage().split(".")[0] for record in caplog.records] == [
        "Publishes are refused",
        "Publishes are accepted again",
    ]


@pytest.mark.usefixtures("_no_close")
def test_a_database_that_does_not_tell_changes_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Any:
        raise OperationalError("away")

    settings.SWITCH_MAX_DATABASE_BYTES = TINY
    watcher = Watcher()
    assert reached(watcher) == "SWITCH_MAX_DATABASE_BYTES"
    monkeypatch.setattr(backpressure, "look", fail)
    assert reached(watcher) == "SWITCH_MAX_DATABASE_BYTES"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # that is how its thread ends
def test_a_watcher_has_looked_before_the_first_publish_and_looks_on(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    def look_thrice() -> None:
        looks.append(time.monotonic())
        if len(looks) == 3:
            raise SystemExit  # ends the thread, which else would outlive the test

    monkeypatch.undo()  # the real `watcher`
    monkeypatch.setattr(backpressure, "look", look_thrice)
    monkeypatch.setattr(backpressure, "LOOK_SECONDS", 0.05)
    watcher = backpressure.watcher()
    assert looks
    assert backpressure.watcher() is watcher
    watcher.join(10)
    assert len(looks) == 3
    looks.clear()
    monkeypatch.setattr(backpressure, "look", sys.exit)
    anew = backpressure.watcher()
    assert anew is not watcher, "in a forked process it is started anew"
    anew.join(10)
