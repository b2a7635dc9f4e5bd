"""What fails, is dead or held, as the admin's first page groups it, and the sample and replay that each leads to."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from dispatch.models.delivery import HELD_REASONS
from tests.dispatch.admin.board import shown
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.dashboard.counters import tried
from tests.dispatch.ledger.rows import make_deliveries, make_delivery, make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_enough")]


def test_failing_tries_lead_to_a_sample_and_to_the_subscriber(admin_client: Client) -> None:
    subscriber = make_subscriber(name="billing")
    make_attempt(make_delivery(subscriber, attempts=1), status=200)
    failed = make_delivery(subscriber, attempts=2, failures=2)
    make_attempt(failed, number=1, status=503)
    make_attempt(failed, number=2, status=None, error_kind="connect")
    tried(timedelta(minutes=3), subscriber, "503", 4)
    tried(timedelta(minutes=3), subscriber, "connect", 2)
    tried(timedelta(minutes=3), subscriber, "500", 1)
    rows = shown(admin_client).context["failures"]
    sample = reverse("admin:dispatch_delivery_change", args=[failed.pk])
    assert [(row["name"], row["result"], row["count"], row["sample"]) for row in rows] == [
        ("billing", "503 Service Unavailable", "4", sample),
        ("billing", "no connection", "2", sample),
        ("billing", "500 Internal Server Error", "1", ""),
    ]
    assert all(row["replay"] == "" for row in rows), "nothing of it is dead"


def test_the_sample_of_one_that_is_left_alone_is_what_waits_for_its_breaker(admin_client: Client) -> None:
    subscriber = make_subscriber()
    failed = make_delivery(subscriber, state="held", reason="breaker", attempts=1)
    make_attempt(failed, status=503)
    for delivery in make_deliveries(120):
        type(delivery).objects.filter(pk=delivery.pk).update(subscriber=subscriber)
    tried(timedelta(minutes=3), subscriber, "503", 4)
    [row] = shown(admin_client).context["failures"]
    assert row["sample"] == reverse("admin:dispatch_delivery_change", args=[failed.pk])


def test_the_dead_are_grouped_and_lead_to_their_replay(admin_client: Client) -> None:
    subscriber = make_subscriber(name="billing")
    died = [
        make_delivery(
            subscriber,
            state="dead",
            reason="exhausted",
            last_status=500,
            settled_at=timedelta(minutes=-minutes),
        ).settled_at
        for minutes in (50, 30, 10)
    ]
    make_delivery(subscriber, state="dead", reason="gone", last_status=410)
    make_delivery(state="dead", reason="permanent", last_error="No URL can be built.")
    rows = shown(admin_client).context["dead"]
    assert [(row["name"], row["result"], row["count"]) for row in rows][:1] == [
        ("billing", "500 Internal Server Error", "3")
    ]
    assert {(row["result"], row["count"]) for row in rows[1:]} == {("410 Gone", "1"), ("it was not sent", "1")}
    assert (rows[0]["first"], rows[0]["last"]) == (died[0], died[-1])
    assert f"?subscriber={subscriber.pk}&state__exact=dead&status=500" in rows[0]["replay"]
    form = admin_client.get(rows[0]["replay"], follow=True)
    assert form.status_code == 200
    assert "Replay" in form.content.decode()


def replayed(client: Client, url: str) -> str:
    """How many the replay behind a link is about, as its page counts them."""
    return str(client.get(url, follow=True).context["counted"])


def test_each_group_of_the_dead_leads_to_the_replay_of_that_group_alone(admin_client: Client) -> None:
    subscriber = make_subscriber(name="billing")
    dead = {"subscriber": subscriber, "state": "dead", "reason": "exhausted"}
    for number in range(2):
        unconnected = make_delivery(**dead, attempts=1, last_error=f"Nobody answers at port {number}.")
        make_attempt(unconnected, status=None, error_kind="connect")
    for number in range(3):
        silent = make_delivery(**dead, attempts=2, last_error=f"No answer within {number} s.")
        make_attempt(silent, number=1, status=None, error_kind="connect")
        make_attempt(silent, number=2, status=None, error_kind="total_timeout")
    for _ in range(4):
        make_delivery(**dead, attempts=1, last_status=500)
    for number in range(5):
        make_delivery(**dead | {"reason": "permanent"}, last_error=f"The path parameter {number} is missing.")
    make_delivery(**dead | {"reason": "permanent"}, attempts=1, last_status=500)
    rows = shown(admin_client).context["dead"]
    assert [(row["result"], row["count"]) for row in rows] == [
        ("it was not sent", "5"),
        ("500 Internal Server Error", "4"),
        ("no answer in time", "3"),
        ("no connection", "2"),
        ("500 Internal Server Error", "1"),
    ]
    assert [replayed(admin_client, row["replay"]) for row in rows] == ["5", "4", "3", "2", "1"]


def test_failing_tries_lead_to_the_replay_of_what_ended_so(admin_client: Client) -> None:
    subscriber = make_subscriber(name="billing")
    make_delivery(subscriber, state="dead", reason="exhausted", attempts=1, last_status=503)
    make_attempt(make_delivery(subscriber, state="dead", attempts=1), status=None, error_kind="connect")
    make_delivery(subscriber, state="dead", reason="permanent")
    tried(timedelta(minutes=3), subscriber, "503", 3)
    tried(timedelta(minutes=3), subscriber, "connect", 2)
    tried(timedelta(minutes=3), subscriber, "500", 1)
    rows = shown(admin_client).context["failures"]
    assert [row["replay"] and replayed(admin_client, row["replay"]) for row in rows] == ["1", "1", ""]


def test_what_is_held_is_told_by_subscriber_and_reason(admin_client: Client) -> None:
    subscriber = make_subscriber(name="billing")
    made = {
        make_delivery(subscriber, state="held", reason=reason, created_at=timedelta(minutes=-7)).created_at
        for reason in HELD_REASONS
    }
    other = make_subscriber(name="shipping")
    for _ in range(3):
        make_delivery(other, state="held", reason="paused")
    rows = shown(admin_client).context["held"]
    assert (rows[0]["name"], rows[0]["count"], rows[0]["reason"]) == ("shipping", "3", "the subscriber is paused")
    assert len(rows) == 1 + len(HELD_REASONS)
    assert {row["since"] for row in rows[1:]} == made
