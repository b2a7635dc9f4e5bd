"""Who hears of an event, and that every process knows of a change before the next publish."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from subscribers import filter_errors, matching
from subscribers.matching import Chunk, Snapshot
from subscribers.models import Subscriber, SubscriberVersion
from subscribers.triggers import create_triggers

pytestmark = pytest.mark.django_db


def create(**fields: Any) -> Subscriber:
    return Subscriber.objects.create(**{"topic": "order", "target_url": "http://billing/"} | fields)


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def matched(topic: str = "order", data: Any = None, snapshot: Snapshot | None = None) -> list[int]:
    """The ids of the subscribers that an event goes to."""
    found = (snapshot or matching.newest()).match(topic, {} if data is None else data)
    return [candidate.subscriber_id for candidate in found]


def read_in_full() -> Snapshot:
    matching.forget()
    return matching.newest()


def test_event_goes_to_those_of_its_topic_whose_filter_holds() -> None:
    everything = create()
    small = create(filter_expression='data["body"]["total"] < 10')
    large = create(filter_expression='data["body"]["total"] >= 10')
    create(topic="invoice")
    create(topic="Order")
    assert matched(data={"body": {"total": 5}}) == [everything.pk, small.pk]
    assert matched(data={"body": {"total": 50}}) == [everything.pk, large.pk]
    assert matched(data={}) == [everything.pk]
    assert matched("unknown") == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Postgres holds nothing that the types of its columns forbid")
@pytest.mark.parametrize("read", [matching.newest, read_in_full], ids=["changes", "all"])
@pytest.mark.parametrize(
    ("written", "hears"),
    [
        ("filter_expression = CAST('data[\"body\"] == 1' AS BLOB)", True),
        ("filter_expression = CAST('data[\"body\"] == 2' AS BLOB)", False),
        ("topic = CAST('order' AS BLOB)", True),
        ("topic = x'ff'", False),
        ("retry_limit = 'many'", True),
    ],
)
def test_what_plain_sql_writes_against_the_types_is_read_as_meant(
    written: str, hears: bool, read: Callable[[], Snapshot]
) -> None:
    other, odd = create(), create()
    matching.newest()
    sql(f"UPDATE subscriber SET {written} WHERE id = {odd.pk}")  # noqa: S608
    snapshot = read()
    assert matched(data={"body": 1}, snapshot=snapshot) == [other.pk, *([odd.pk] if hears else [])]
    assert {each.retry_limit for each in snapshot.match("order", {"body": 1})} == {25}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Postgres holds nothing that the types of its columns forbid")
def test_a_filter_of_bytes_that_are_no_text_is_broken() -> None:
    odd = create()
    sql(f"UPDATE subscriber SET filter_expression = x'fffe' WHERE id = {odd.pk}")  # noqa: S608
    assert [each.is_broken for each in matching.newest().match("order", {})] == [True]


def test_without_subscribers_nobody_hears() -> None:
    SubscriberVersion.objects.all().delete()
    assert matched() == []
    assert matching.current().candidates("order") == 0


def test_row_of_three_columns_hears() -> None:
    sql(
        "INSERT INTO subscriber (topic, filter_expression, target_url)"
        """ VALUES ('order', 'data["body"] == 1', 'http://billing/')"""
    )
    assert matched(data={"body": 1}) == [Subscriber.objects.get().pk]
    assert matched(data={"body": 2}) == []


def test_deleted_subscriber_hears_nothing() -> None:
    create().delete()
    assert matched() == []


def test_paused_subscriber_matches_and_is_held() -> None:
    paused = create(state="paused", filter_expression='data["body"] == 1')
    [candidate] = matching.newest().match("order", {"body": 1})
    assert (candidate.subscriber_id, candidate.is_paused, candidate.hold_reason) == (paused.pk, True, "paused")
    assert matched(data={"body": 2}) == []


@pytest.mark.parametrize("state", ["active", "paused"])
def test_broken_filter_takes_everything_and_is_held(state: str) -> None:
    create(state=state, filter_expression="data[")
    [candidate] = matching.newest().match("order", {})
    assert (candidate.is_broken, candidate.hold_reason) == (True, "broken")


def test_active_subscriber_is_not_held() -> None:
    create()
    [candidate] = matching.newest().match("order", {})
    assert candidate.hold_reason == ""


def test_candidate_carries_what_a_delivery_needs() -> None:
    subscriber = create(retry_limit=3)
    subscriber.refresh_from_db()
    [candidate] = matching.newest().match("order", {})
    assert (candidate.revision, candidate.retry_limit) == (subscriber.revision, 3)


def test_one_subscriber_is_asked_by_itself() -> None:
    subscriber, broken = create(filter_expression='data["body"] == 1'), create(filter_expression="data[")
    snapshot = matching.newest()
    candidate, taking_all = snapshot.candidate(subscriber.pk), snapshot.candidate(broken.pk)
    assert candidate
    assert taking_all
    assert matching.takes(candidate, {"body": 1})
    assert not matching.takes(candidate, {})
    assert matching.takes(taking_all, {})
    subscriber.delete()
    assert matching.newest().candidate(subscriber.pk) is None


def test_candidates_come_in_the_order_of_their_ids() -> None:
    ids = [create().pk for _ in range(5)]
    matching.newest()
    Subscriber.objects.filter(pk=ids[1]).update(target_url="http://other/")
    snapshot = matching.newest()
    assert matched(snapshot=snapshot) == ids
    assert snapshot.candidates("order") == 5


def ids_of(chunk: Chunk) -> tuple[list[int], int | None]:
    return [candidate.subscriber_id for candidate in chunk.matches], chunk.last_id


def test_matches_come_in_chunks_that_go_on_behind_a_subscriber() -> None:
    ids = [create(filter_expression=text).pk for text in ("", "False", 'data["body"] == 1', "", "data[", "True")]
    snapshot = matching.newest()
    data = {"body": 1}
    assert ids_of(snapshot.chunk("order", data, 0, 4)) == ([ids[0], ids[2], ids[3]], ids[3])
    assert ids_of(snapshot.chunk("order", data, ids[3], 4)) == (ids[4:], None)
    assert ids_of(snapshot.chunk("order", data, ids[3], 2)) == (ids[4:], ids[5])
    assert ids_of(snapshot.chunk("order", data, ids[5], 2)) == ([], None)
    assert ids_of(snapshot.chunk("unknown", data, 0, 4)) == ([], None)


@contextmanager
def without_triggers() -> Iterator[None]:
    """As after a restore or a load that bypassed them."""
    names = (
        ["inserted", "updated", "deleted"]
        if connection.vendor == "sqlite"
        else ["a_bump", "b_bump", "c_stamp", "d_stamp"]
    )
    table = "" if connection.vendor == "sqlite" else " ON subscriber"
    for name in names:
        sql(f"DROP TRIGGER subscriber_{name}{table}")
    yield
    create_triggers("default")


CHANGES: dict[str, tuple[Callable[[Subscriber], object], bool]] = {
    "its filter": (lambda subscriber: Subscriber.objects.update(filter_expression="False"), False),
    "its topic": (lambda subscriber: Subscriber.objects.update(topic="invoice"), False),
    "deleting": (lambda subscriber: subscriber.delete(), False),
    "removing by SQL": (lambda subscriber: sql("DELETE FROM subscriber"), False),
    "SQL": (lambda subscriber: sql("UPDATE subscriber SET filter_expression = 'False'"), False),
    "pausing": (lambda subscriber: Subscriber.objects.all().pause("holiday"), True),
}


@pytest.mark.parametrize(("change", "hears"), CHANGES.values(), ids=CHANGES.keys())
def test_snapshot_follows_a_change(change: Callable[[Subscriber], object], hears: bool) -> None:
    subscriber = create()
    old = matching.newest()
    change(subscriber)
    assert bool(matched()) is hears
    assert matched(snapshot=old) == [subscriber.pk], "a snapshot in use stays what it is"


def test_snapshot_is_kept_while_nothing_changes() -> None:
    create()
    snapshot = matching.newest()
    assert matching.newest() is matching.current() is matching.at_version(snapshot.version) is snapshot


def test_current_does_not_look_and_at_version_does_when_it_is_behind() -> None:
    old = matching.newest()
    create()
    assert matching.current() is old
    newer = matching.at_version(old.version + 1)
    assert newer.version == SubscriberVersion.objects.get().number
    assert matching.current() is newer


def test_unchanged_candidates_are_kept_when_one_changes() -> None:
    """A change of one among many costs one row, not all of them."""
    kept, changed = create(), create()
    before = {each.subscriber_id: each for each in matching.newest().match("order", {})}
    Subscriber.objects.filter(pk=changed.pk).update(retry_limit=1)
    after = {each.subscriber_id: each for each in matching.newest().match("order", {})}
    assert after[kept.pk] is before[kept.pk]
    assert after[changed.pk] is not before[changed.pk]


def test_refresh_has_everything_read_again() -> None:
    """Even what no trigger has told of."""
    edited, gone, kept = create(), create(), create()
    before = matching.newest()
    candidates = {each.subscriber_id: each for each in before.match("order", {})}
    with without_triggers():
        Subscriber.objects.filter(pk=edited.pk).update(filter_expression="False")
        Subscriber.objects.filter(pk=gone.pk).update(deleted_at=Now())
        added = create()
    assert matching.newest() is before
    matching.refresh()
    after = matching.newest()
    assert after.version > before.version
    assert matched(snapshot=after) == [kept.pk, added.pk]
    assert after.match("order", {})[0] is candidates[kept.pk], "what has not changed is not made anew"


def test_refresh_without_any_subscriber_works() -> None:
    SubscriberVersion.objects.all().delete()
    matching.refresh()
    assert matching.newest().version == SubscriberVersion.objects.get().number == 1


def test_database_put_back_to_an_earlier_state_is_read_again() -> None:
    first = create()
    with transaction.atomic():
        create()
        assert len(matched()) == 2
        transaction.set_rollback(True)
    assert matched() == [first.pk]


def test_unknown_is_noted_for_the_subscriber(monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[tuple[int, str]] = []
    monkeypatch.setattr(
        filter_errors, "note", lambda subscriber_id, unknown: noted.append((subscriber_id, str(unknown)))
    )
    subscriber = create(filter_expression='data["body"]["total"] > 5')
    create(filter_expression='data.get("body") is None')
    assert len(matched(data={})) == 1
    assert noted == [(subscriber.pk, "There is no key 'body'. (line 1, column 1)")]


@pytest.mark.django_db(transaction=True)
def test_change_committed_elsewhere_holds_for_the_next_publish() -> None:
    old = matching.newest()

    def change() -> None:
        try:
            create()
        finally:
            connection.close()

    thread = threading.Thread(target=change)
    thread.start()
    thread.join()
    assert matching.current() is old
    number = SubscriberVersion.objects.get().number
    assert matched(snapshot=matching.at_version(number)) == [Subscriber.objects.get().pk]


PATTERNS = [
    ("*", "order.created", True),
    ("order.*", "order.created", True),
    ("order.*", "order.created.late", True),
    ("order.*", "order.", True),
    ("order.*", "order", False),
    ("order.*", "orders.created", False),
    ("order*", "order", True),
    ("order*", "Order", False),
    ("order.created", "order.created", True),
    ("日本*", "日本語", True),
]


@pytest.mark.parametrize(("wanted", "topic", "hears"), PATTERNS)
def test_pattern_hears_of_what_begins_as_it_does(wanted: str, topic: str, hears: bool) -> None:
    pattern = create(topic=wanted)
    assert matched(topic) == ([pattern.pk] if hears else [])
    assert matching.newest().candidates(topic) == int(hears)
    pattern.delete()
    assert matched(topic) == []


def test_matches_of_topic_and_patterns_come_in_the_order_of_their_ids() -> None:
    ids = [
        create(topic=topic).pk for topic in ("order.*", "order.created", "*", "order.created", "invoice.*", "order.*")
    ]
    assert matched("order.created") == [*ids[:4], ids[5]]
