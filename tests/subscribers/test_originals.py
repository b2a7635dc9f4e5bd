"""What the original kept comes over once, and whatever does not is told with its reason."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from subscribers.models import Subscriber
from subscribers.originals import OriginalError, read_originals, take_over
from tests.subscribers.originals import DELETED, write_originals

GOOD = ("order.created", 'data["body"]["total"] > 100', "http://billing:8000/orders/:id", None)


def test_rows_are_read_as_they_are(tmp_path: Path) -> None:
    (row,) = read_originals(write_originals(tmp_path / "old.db", GOOD))
    assert (row.id, row.topic, row.filter_expression, row.target_url) == (1, *GOOD[:3])


def test_soft_deleted_row_is_left_out(tmp_path: Path) -> None:
    deleted = ("order.deleted", "", "http://billing:8000/", DELETED)
    rows = read_originals(write_originals(tmp_path / "old.db", deleted, GOOD))
    assert [(row.id, row.topic) for row in rows] == [(2, "order.created")]


def test_filter_that_is_null_means_always(tmp_path: Path) -> None:
    (row,) = read_originals(write_originals(tmp_path / "old.db", ("a", None, "http://billing/", None)))
    assert row.filter_expression == ""


@pytest.mark.parametrize("name", ["100%25.db", "what?.db", "number #1.db"])
def test_any_file_name_is_read(tmp_path: Path, name: str) -> None:
    assert len(read_originals(write_originals(tmp_path / name, GOOD))) == 1


def test_missing_file_is_told_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(OriginalError, match=r"There is no file .*old\.db"):
        read_originals(tmp_path / "old.db")
    assert not (tmp_path / "old.db").exists()


def test_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "old.db").write_text("not a database, but long enough to be taken for one" * 20)
    with pytest.raises(OriginalError, match="cannot be read as the original's database"):
        read_originals(tmp_path / "old.db")


def test_database_of_something_else_is_told(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "old.db")) as database, database:
        database.execute("CREATE TABLE people (name text)")
    with pytest.raises(OriginalError, match="no table subscribers with the columns topic"):
        read_originals(tmp_path / "old.db")


@pytest.mark.django_db
def test_good_row_is_imported_active(tmp_path: Path) -> None:
    (taken,) = take_over(read_originals(write_originals(tmp_path / "old.db", GOOD)))
    assert taken.problem == ""
    subscriber = Subscriber.objects.get()
    assert (subscriber.topic, subscriber.filter_expression, subscriber.target_url) == GOOD[:3]
    assert subscriber.state == Subscriber.State.ACTIVE


@pytest.mark.django_db
def test_row_with_a_bad_filter_is_imported_paused(tmp_path: Path) -> None:
    bad = ("order.created", 'data["body" ==', "http://billing:8000/", None)
    _, taken = take_over(read_originals(write_originals(tmp_path / "old.db", GOOD, bad)))
    assert taken.row.id == 2
    assert taken.problem.startswith("filter_expression: ")
    subscriber = Subscriber.objects.get(pk=taken.subscriber.pk)
    assert subscriber.state == Subscriber.State.PAUSED
    assert subscriber.state_reason == "Imported with a filter that does not compile."
    assert subscriber.filter_expression == bad[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "field"),
    [
        (("", "", "http://billing/", None), "topic"),
        (("a", "", "ftp://billing/", None), "target_url"),
        (("order.*", "", "http://billing/", None), "topic"),
        (("order.*.late", "", "http://billing/", None), "topic"),
    ],
    ids=["no topic", "scheme that is not sent to", "a name that is a pattern here", "a name that can be no pattern"],
)
def test_row_that_could_never_be_sent_is_not_imported(tmp_path: Path, row: tuple, field: str) -> None:
    (taken,) = take_over(read_originals(write_originals(tmp_path / "old.db", row)))
    assert taken.subscriber is None
    assert taken.problem.startswith(f"{field}: ")
    assert not Subscriber.objects.exists()


@pytest.mark.django_db
def test_second_run_imports_nothing_twice(tmp_path: Path) -> None:
    rows = read_originals(write_originals(tmp_path / "old.db", GOOD))
    take_over(rows)
    (again,) = take_over(rows)
    assert (again.subscriber, again.problem) == (None, "it is here already")
    assert Subscriber.objects.count() == 1
