"""Every change that matters to matching bumps the version and stamps the row, whatever wrote it."""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models.functions import Now

from subscribers.models import Subscriber, SubscriberVersion
from subscribers.triggers import WATCHED, create_triggers

pytestmark = pytest.mark.django_db


def create(**fields: object) -> Subscriber:
    return Subscriber.objects.create(**{"topic": "order", "target_url": "http://billing/"} | fields)


def version() -> int:
    return SubscriberVersion.objects.values_list("number", flat=True).first() or 0


def rebuilt_at() -> int:
    return SubscriberVersion.objects.values_list("rebuilt_at", flat=True).first() or 0


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def save(subscriber: Subscriber) -> None:
    subscriber.topic = "invoice"
    subscriber.save()


def save_one_field(subscriber: Subscriber) -> None:
    subscriber.topic = "invoice"
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
    "delete": lambda subscriber: subscriber.delete(),
    "delete a set": lambda subscriber: Subscriber.objects.all().delete(),
    "update": lambda subscriber: Subscriber.objects.update(topic="invoice"),
    "bulk_update": bulk_update,
    "upsert": upsert,
    "pause": lambda subscriber: Subscriber.objects.all().pause("holiday"),
    "SQL": lambda subscriber: sql("UPDATE subscriber SET filter_expression = 'False'"),
    "SQL of the same value": lambda subscriber: sql("UPDATE subscriber SET topic = topic"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_change_bumps_the_version_and_stamps_the_row(change: Callable[[Subscriber], object]) -> None:
    changed = create()
    before = version()
    change(changed)
    changed.refresh_from_db()
    assert version() > before
    assert changed.revision == version()


INSERTS: dict[str, Callable[[], object]] = {
    "create": create,
    "bulk_create": lambda: Subscriber.objects.bulk_create(
        [Subscriber(topic="order", target_url=f"http://billing/{number}") for number in range(3)]
    ),
    "SQL": lambda: sql(
        "INSERT INTO subscriber (topic, filter_expression, target_url) VALUES ('order', '', 'http://billing/')"
    ),
}


@pytest.mark.parametrize("insert", INSERTS.values(), ids=INSERTS.keys())
def test_new_rows_bump_the_version_and_carry_a_newer_one(insert: Callable[[], object]) -> None:
    create()
    before = version()
    insert()
    revisions = Subscriber.objects.order_by("id").values_list("revision", flat=True)[1:]
    assert version() == max(revisions)
    assert min(revisions) > before


def test_the_first_change_of_all_makes_the_version() -> None:
    SubscriberVersion.objects.all().delete()
    assert create().pk
    assert version() == Subscriber.objects.get().revision == 1


def test_only_the_changed_row_is_stamped() -> None:
    first, second = create(), create()
    revision = Subscriber.objects.get(pk=first.pk).revision
    Subscriber.objects.filter(pk=second.pk).update(topic="invoice")
    assert Subscriber.objects.get(pk=first.pk).revision == revision
    assert Subscriber.objects.get(pk=second.pk).revision > revision


@pytest.mark.parametrize("column", WATCHED.split(", "))
def test_each_watched_column_counts(column: str) -> None:
    create()
    before = version()
    values = {"deleted_at": Now(), "state": "paused", "retry_limit": 3, "max_in_flight": 3}
    values |= {"previous_secret_until": Now(), "body_format": Subscriber.Format.BINARY}
    Subscriber.objects.update(
        **{column: values.get(column, 2.5 if column.endswith(("second", "seconds")) else "changed")}
    )
    assert version() > before
    assert Subscriber.objects.get().revision == version()


def test_watched_are_all_columns_but_those_nobody_matches_or_delivers_by() -> None:
    columns = {field.column for field in Subscriber._meta.concrete_fields}
    assert columns - set(WATCHED.split(", ")) == {
        "id",
        "revision",
        "created_at",
        "updated_at",
        "filter_error_count",
        "last_filter_error",
        "last_filter_error_at",
    }


def test_counting_filter_errors_is_no_change() -> None:
    create()
    before = Subscriber.objects.values("revision", "updated_at").get(), version()
    Subscriber.objects.update(filter_error_count=5, last_filter_error="There is no key.", last_filter_error_at=Now())
    assert (Subscriber.objects.values("revision", "updated_at").get(), version()) == before


def test_change_moves_updated_at_and_leaves_created_at() -> None:
    create()
    sql("UPDATE subscriber SET updated_at = '2020-01-01 00:00:00', created_at = '2020-01-01 00:00:00'")
    Subscriber.objects.update(topic="invoice")
    found = Subscriber.objects.get()
    assert (found.created_at.year, found.updated_at.year > 2020) == (2020, True)


def test_rolled_back_change_leaves_the_version() -> None:
    create()
    before = version()
    with transaction.atomic():
        create()
        assert version() > before
        transaction.set_rollback(True)
    assert version() == before


def test_row_removed_by_sql_has_everything_read_again() -> None:
    create()
    before = version()
    sql("DELETE FROM subscriber")
    assert version() > before
    assert rebuilt_at() == version()


def test_triggers_are_made_again_without_harm() -> None:
    create_triggers(using="default", sender=apps.get_app_config("subscribers"))
    before = version()
    create()
    assert version() == before + 1
    assert Subscriber.objects.get().revision == before + 1
