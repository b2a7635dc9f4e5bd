"""Every change of a subscriber is recorded, whatever wrote it: who, when, old and new, and never a secret."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from subscribers.acting import acting, because
from subscribers.history import changes, expression_at, expression_of, version_at
from subscribers.models import Subscriber
from subscribers.records import FOUND
from subscribers.secrets import new_shared_secret, rotate

pytestmark = pytest.mark.django_db


def create(**fields: Any) -> Subscriber:
    made: Subscriber = Subscriber.objects.create(**{"topic": "order", "target_url": "http://billing/"} | fields)
    made.refresh_from_db()
    return made


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def save(subscriber: Subscriber) -> None:
    subscriber.topic = "invoice"
    subscriber.save()


def save_one_field(subscriber: Subscriber) -> None:
    subscriber.topic, subscriber.name = "invoice", "is not written"
    subscriber.save(update_fields=["topic"])


def bulk_update(subscriber: Subscriber) -> None:
    subscriber.topic = "invoice"
    Subscriber.objects.bulk_update([subscriber], ["topic"])


def upsert(subscriber: Subscriber) -> None:
    subscriber.topic = "invoice"
    Subscriber.objects.bulk_create([subscriber], update_conflicts=True, unique_fields=["id"], update_fields=["topic"])


CHANGES: dict[str, Callable[[Subscriber], object]] = {
    "save": save,
    "save one field": save_one_field,
    "update": lambda subscriber: Subscriber.objects.update(topic="invoice"),
    "bulk_update": bulk_update,
    "upsert": upsert,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_recorded_with_who_old_and_new(change: str) -> None:
    subscriber = create()
    with acting("eve", "an experiment"):
        CHANGES[change](subscriber)
    newest, first = changes(Subscriber.objects.get())
    assert (newest.name, newest.reason, newest.act) == ("eve", "an experiment", "changed")
    assert [(each.name, each.old, each.new) for each in newest.differences] == [("topic", "order", "invoice")]
    assert newest.revision == Subscriber.objects.get().revision > first.revision
    assert newest.at == Subscriber.objects.get().updated_at
    assert first.act == "created"


def test_many_are_recorded_by_few_statements(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    with acting("eve"):
        made = Subscriber.objects.bulk_create(
            Subscriber(topic="order", target_url=f"http://billing/{number}") for number in range(300)
        )
    assert Subscriber.history.filter(history_user_id="eve", history_type="+").count() == len(made)
    with django_assert_max_num_queries(20):  # SQLite takes the records 45 at a time
        assert Subscriber.objects.all().pause("a move") == 300
    assert Subscriber.history.filter(history_type="~", state_reason="a move").count() == 300


def test_deletion_is_recorded_for_one_and_for_many() -> None:
    create().delete()
    create()
    Subscriber.objects.all().delete()
    assert list(Subscriber.history.order_by("history_id").values_list("history_type", flat=True)) == list("+-+-")


def test_what_changes_nothing_is_not_recorded() -> None:
    subscriber = create()
    subscriber.save()
    Subscriber.objects.update(topic="order")
    Subscriber.objects.update(filter_error_count=7)
    Subscriber.objects.all().resume()
    assert Subscriber.history.count() == 1


def test_counts_of_filter_errors_cost_nothing_more(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    create()
    with django_assert_max_num_queries(1):
        Subscriber.objects.update(filter_error_count=7, last_filter_error="x", last_filter_error_at=timezone.now())


def test_of_a_secret_it_is_told_only_that_it_changed() -> None:
    first, second = new_shared_secret(), new_shared_secret()
    subscriber = create(secret=first)
    rotate(subscriber, second)
    newest, _ = changes(Subscriber.objects.get())
    assert newest.secret_changed
    assert newest.differences == ()
    columns = {field.name for field in Subscriber.history.model._meta.get_fields()}
    assert not {name for name in columns if "secret" in name} - {"secret_changed"}
    kept = str(list(Subscriber.history.values()))
    assert first not in kept
    assert second not in kept


def test_a_pause_that_came_meanwhile_is_not_recorded_away() -> None:
    stale = create()
    Subscriber.objects.all().pause("a move")
    stale.topic = "invoice"
    stale.save(update_fields=["topic"])
    assert [each.name for each in changes(Subscriber.objects.get())[0].differences] == ["topic"]
    assert Subscriber.history.first().state == "paused"


def test_what_plain_sql_wrote_is_shown_and_recorded_with_the_next_change() -> None:
    subscriber = create()
    sql("UPDATE subscriber SET topic = 'by hand'")
    shown = changes(Subscriber.objects.get())
    assert (shown[0].id, shown[0].reason, shown[0].differences[0].new) == (None, FOUND, "by hand")
    save(subscriber)
    newest, found, _ = changes(Subscriber.objects.get())
    assert [(each.differences[0].old, each.differences[0].new) for each in (found, newest)] == [
        ("order", "by hand"),
        ("by hand", "invoice"),
    ]
    assert (found.act, found.reason) == ("found", FOUND)


def test_a_row_that_plain_sql_seeded_has_its_first_state_recorded() -> None:
    sql("INSERT INTO subscriber (topic, filter_expression, target_url) VALUES ('order', '', 'http://billing/')")
    assert [each.act for each in changes(Subscriber.objects.get())] == ["found"]
    save(Subscriber.objects.get())
    assert [each.act for each in changes(Subscriber.objects.get())] == ["changed", "found"]


def test_a_change_that_is_rolled_back_leaves_no_record() -> None:
    subscriber = create()
    with transaction.atomic():
        save(subscriber)
        transaction.set_rollback(True)
    assert Subscriber.history.count() == 1


def test_the_expression_of_any_moment_and_revision_is_found() -> None:
    subscriber = create(filter_expression="False")
    born = subscriber.created_at
    revisions = [subscriber.revision]
    for expression in ("True", "1 == 1"):
        time.sleep(0.005)  # SQLite's clock counts milliseconds
        Subscriber.objects.update(filter_expression=expression)
        subscriber.refresh_from_db()
        revisions.append(subscriber.revision)
    assert [expression_of(subscriber.pk, each) for each in revisions] == ["False", "True", "1 == 1"]
    assert expression_at(subscriber.pk, timezone.now() + timedelta(seconds=1)) == "1 == 1"
    second = Subscriber.history.get(filter_expression="True")
    assert expression_at(subscriber.pk, second.history_date) == "True"
    assert version_at(subscriber.pk, born - timedelta(seconds=1)) is None
    assert expression_of(subscriber.pk, revisions[0] - 1) is None


def test_a_reason_is_given_without_changing_who_acts() -> None:
    with acting("eve"), because("it moves"):
        create()
    [change] = changes(Subscriber.objects.get())
    assert (change.name, change.reason) == ("eve", "it moves")


def test_long_histories_come_page_by_page() -> None:
    subscriber = create()
    for number in range(7):
        Subscriber.objects.update(topic=f"order.{number}")
    subscriber.refresh_from_db()
    first = changes(subscriber, limit=3)
    second = changes(subscriber, first[-1].id, limit=3)
    third = changes(subscriber, second[-1].id, limit=3)
    assert [each.differences[0].new for each in [*first, *second, third[0]]] == [f"order.{n}" for n in range(6, -1, -1)]
    assert [each.act for each in third] == ["changed", "created"]
