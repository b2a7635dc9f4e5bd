"""A database that does not answer is told of once, however many publishes it refuses."""

import logging
from collections.abc import Iterator

import pytest
from django.db import OperationalError

from dispatch import outages, publishing
from dispatch.ledger.dialect import is_postgres
from tests.dispatch.client import PLAIN, post

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    outages.database.end()
    yield
    outages.database.end()


def _is_away(*arguments: object, **named: object) -> None:
    raise OperationalError("it went away")


def test_an_outage_is_one_line_when_it_begins_and_one_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(2):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(publishing, "insert_at_once" if is_postgres() else "insert_events", _is_away)
            assert [post(PLAIN).status for _ in range(3)] == [503] * 3
        assert [post(PLAIN).status for _ in range(2)] == [202] * 2
    assert caplog.messages == 2 * [
        "The database does not answer. Requests are refused meanwhile. it went away",
        "The database answers again.",
    ]
