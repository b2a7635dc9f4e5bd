"""What is wrong with the hub, as the headline of the admin's first page tells it, and where each trouble leads."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dispatch.models import Health
from tests.dispatch.admin.board import make_consumer, shown
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.dashboard.counters import tried
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_enough")]


def troubles(client: Client) -> dict[str, str]:
    return dict(shown(client).context["troubles"])


def trouble(client: Client, part: str) -> str:
    """Where the trouble whose sentence holds `part` leads."""
    found = troubles(client)
    [place] = [place for sentence, place in found.items() if part in sentence] or [f"none of {list(found)}"]
    return place


def test_a_hub_at_work_is_healthy(admin_client: Client) -> None:
    make_consumer()
    page = shown(admin_client)
    assert page.context["troubles"] == []
    assert "The hub is healthy: 1 consumer at work, 0 on their way, none overdue." in page.content.decode()


def test_a_hub_without_a_consumer_says_so_first_and_how_to_mend_it(admin_client: Client) -> None:
    make_consumer(beat_at=timezone.now() - timedelta(minutes=5))
    tried(timedelta(minutes=2), make_subscriber(), "503", 30)
    page = shown(admin_client)
    sentence, place = page.context["troubles"][0]
    assert "No consumer is alive" in sentence
    assert "manage.py run_consumer" in sentence
    assert place == reverse("admin:dispatch_consumer_changelist")
    assert page.context["is_grave"]


def test_what_is_overdue_is_told_with_its_age(admin_client: Client) -> None:
    make_consumer()
    make_delivery(due_at=timedelta(minutes=-4))
    make_delivery(due_at=timedelta(hours=1))
    assert "state__exact=pending" in trouble(admin_client, "Deliveries are overdue, the oldest for 4 min.")


def test_what_is_due_for_a_moment_is_no_trouble(admin_client: Client) -> None:
    make_consumer()
    make_delivery(due_at=timedelta(seconds=-3))
    assert troubles(admin_client) == {}


def test_an_open_breaker_leads_to_its_subscriber(admin_client: Client) -> None:
    make_consumer()
    subscriber = make_subscriber(name="billing")
    open_until = timezone.now() + timedelta(minutes=1)
    Health.objects.create(subscriber=subscriber, breaker="open", cause="failures", open_until=open_until)
    place = trouble(admin_client, "billing is left alone: it keeps failing.")
    assert place == reverse("admin:subscribers_subscriber_change", args=[subscriber.pk])
    Health.objects.create(subscriber=make_subscriber(), breaker="half_open", cause="failures", open_until=open_until)
    assert trouble(admin_client, "2 subscribers are left alone") == "#breakers"


def test_many_failing_tries_are_trouble_few_are_not(admin_client: Client) -> None:
    make_consumer()
    subscriber = make_subscriber()
    tried(timedelta(minutes=2), subscriber, "200", 97)
    tried(timedelta(minutes=2), subscriber, "500", 3)
    assert troubles(admin_client) == {}
    tried(timedelta(minutes=2), subscriber, "503", 100)
    assert trouble(admin_client, "52% of the tries") == "#failures"


def test_what_died_lately_is_trouble_what_died_long_ago_is_not(admin_client: Client) -> None:
    make_consumer()
    make_delivery(state="dead", reason="exhausted", settled_at=timedelta(days=-3))
    assert troubles(admin_client) == {}
    make_delivery(state="dead", reason="exhausted", settled_at=timedelta(minutes=-3))
    assert trouble(admin_client, "1 delivery was given up in the last hour.") == "#dead"


def test_a_count_that_is_behind_is_told(admin_client: Client) -> None:
    make_consumer()
    make_attempt(make_delivery(state="delivered"), started_at=timezone.now() - timedelta(minutes=30))
    assert trouble(admin_client, "The charts are 30 min behind")
