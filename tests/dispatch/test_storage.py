"""What the ledger holds and what goes next is told right, at a cost that does not grow with the tables."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from dispatch import leases
from dispatch.identifiers import new_id
from dispatch.ledger import removable, size
from dispatch.ledger.dialect import is_postgres
from dispatch.models import Delivery, Event
from dispatch.pruning import PRUNER
from dispatch.storage import Kept, storage
from tests.dispatch.ledger.aged import aged_delivery, aged_event, many_aged
from tests.dispatch.ledger.plans import explained, is_read_through, noted_statements
from tests.dispatch.ledger.rows import make_subscriber

pytestmark = pytest.mark.django_db


def analyze() -> None:
    if is_postgres():
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(size.TABLES)}")


@pytest.fixture
def fresh_statistics(db: None) -> None:
    """No roll-back takes back what ANALYZE has learnt of the rows of an earlier test."""
    analyze()


def rows(name: str) -> tuple[int, bool]:
    [found] = [table for table in storage().tables if table.name == name]
    return found.rows, found.is_exact


def kept(kind: str) -> Kept:
    [found] = [each for each in storage().kept if each.kind == kind]
    return found


@pytest.mark.usefixtures("fresh_statistics")
def test_short_tables_are_counted_exactly() -> None:
    assert rows("event") == rows("event_counter") == (0, True)
    many_aged(5, 10, make_subscriber())
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(attempts=0)  # type: ignore[union-attr]
    assert rows("event") == rows("delivery") == rows("attempt") == (5, True)


@pytest.mark.parametrize("has_gaps", [False, True], ids=["whole", "pruned in between"])
def test_long_tables_are_estimated(has_gaps: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "COUNTED", 500)
    many_aged(4_000, 10, make_subscriber())
    analyze()  # or the statements below are planned for the tables of an earlier test
    if has_gaps:  # as if all but one in four, and the old ones, had been pruned
        Event.objects.filter(pk__in=list(Event.objects.values_list("pk", flat=True)[::4])).update(author="kept")
        Delivery.objects.exclude(event__author="kept").filter(tries__isnull=False).update(attempts=0)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM attempt WHERE delivery_id IN (SELECT id FROM delivery WHERE attempts = 0)")
            cursor.execute("DELETE FROM delivery WHERE attempts = 0")
    analyze()
    count, is_exact = rows("delivery")
    assert not is_exact
    assert count == pytest.approx(Delivery.objects.count(), rel=0.2)


def test_what_goes_next_and_when_is_told(settings: Settings) -> None:
    subscriber, now = make_subscriber(), timezone.now()
    assert kept("delivered") == Kept("delivered", 30, None, 0, None)
    many_aged(3, 40, subscriber)
    aged_delivery(aged_event(20), subscriber, "dead", 10)
    delivered, dead, events = kept("delivered"), kept("dead"), kept("events")
    assert (delivered.removable, delivered.is_more, events.removable) == (3, False, 3)
    assert delivered.next_at is not None
    assert delivered.next_at < now
    assert dead.oldest is not None
    assert dead.next_at is not None
    assert abs(dead.oldest - (now - timedelta(days=10))) < timedelta(minutes=1)
    assert abs(dead.next_at - (now + timedelta(days=80))) < timedelta(minutes=1)
    assert storage().oldest_event == Event.objects.earliest("received_at").received_at
    settings.SWITCH_KEEP_DEAD_DAYS = 0
    assert kept("dead") == Kept("dead", 0, dead.oldest, 0, None)


def test_no_look_reads_a_table_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "COUNTED", 50)
    many_aged(400, 40, make_subscriber())
    analyze()
    with noted_statements() as seen:
        storage()
    assert len(seen) > 10
    # Of a table that Postgres knows as short, or does not know yet, the first rows are counted as they lie.
    seen = [each for each in seen if not re.search(r"SELECT 1 FROM \w+_counter LIMIT", each[0])]
    for statement, parameters in seen:
        steps = list(explained(statement, parameters or []))
        assert not any(map(is_read_through, steps)), (statement, steps)


def test_counting_what_is_removable_looks_at_so_many_rows_and_no_more() -> None:
    many_aged(30, 40, make_subscriber())
    now = timezone.now()
    before = now - timedelta(days=35)
    assert removable.removable_deliveries("delivered", before, now, limit=20) == (20, 20)
    assert removable.removable_deliveries("delivered", before, now) == (30, 30)


@pytest.mark.usefixtures("fresh_statistics")
def test_the_page_shows_it_all(admin_client: Client, settings: Settings) -> None:
    url = reverse("storage")
    text = admin_client.get(url).content.decode()
    assert "No consumer is about to look" in text
    many_aged(3, 40, make_subscriber())
    leases.acquire(PRUNER, new_id(), timedelta(minutes=5))
    settings.SWITCH_MAX_DATABASE_BYTES = 1 << 30
    settings.SWITCH_KEEP_DEAD_DAYS = 0
    answer = admin_client.get(url)
    text = answer.content.decode()
    assert answer.status_code == 200
    for part in (
        "30 days",
        "for ever",
        "A consumer looks again at about",
        "at most 1.0\xa0GB",
        "with its last delivery",
    ):
        assert part in text, part
    assert text.count("<td>3</td>") == 5, "three tables, and what is past its time: deliveries and events"
    assert ("Room in its file" in text) != is_postgres()
    assert ("with indexes" in text) == is_postgres()
    assert url in admin_client.get(reverse("admin:index")).content.decode()


def test_the_page_is_for_those_who_may_see_events(client: Client, django_user_model: Any) -> None:
    url = reverse("storage")
    assert client.get(url).status_code == 302
    viewer = django_user_model.objects.create_user("viewer", password="x", is_staff=True)
    client.force_login(viewer)
    assert client.get(url).status_code == 403
    viewer.user_permissions.add(Permission.objects.get(codename="view_event"))
    assert client.get(url).status_code == 200
