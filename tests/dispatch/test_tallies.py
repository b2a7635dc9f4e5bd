"""Counts of one process that become the hub's totals."""

import pytest
from django.db import OperationalError

from dispatch import tallies
from dispatch.models import Total

pytestmark = pytest.mark.django_db


def totals() -> dict[tuple[str, str], int]:
    return {(row.name, row.label): row.count for row in Total.objects.all()}


def test_what_was_tallied_is_added_to_the_totals() -> None:
    tallies.tally("answers", "202")
    tallies.tally("answers", "202", 2)
    tallies.tally("answers", "400")
    tallies.write()
    tallies.tally("answers", "202")
    tallies.write()
    assert totals() == {("answers", "202"): 4, ("answers", "400"): 1}


def test_nothing_is_written_when_nothing_was_tallied(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator] # pytest-django's fixture
        tallies.write()


def test_what_the_database_did_not_take_is_added_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(counts: object) -> None:
        tallies.tally("answers", "202")  # arrives while it is being written
        raise OperationalError("away")

    tallies.tally("answers", "202")
    with monkeypatch.context() as patched:
        patched.setattr(tallies, "add_to_totals", refuses)
        with pytest.raises(OperationalError):
            tallies.write()
    tallies.write()
    assert totals() == {("answers", "202"): 2}
