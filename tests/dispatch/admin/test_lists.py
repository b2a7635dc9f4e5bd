"""The ledger's lists: bounded work however long the tables are, and the links between them."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dispatch.admin import ledger
from dispatch.models import Attempt
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.ledger.rows import make_deliveries, make_delivery, make_event, make_subscriber

pytestmark = pytest.mark.django_db

LISTS = ("event", "delivery", "attempt", "consumer", "replay")


def url(name: str) -> str:
    return reverse(f"admin:dispatch_{name}_changelist")


def listed(client: Client, name: str, **query: Any) -> list[Any]:
    return list(client.get(url(name), query).context["cl"].result_list)


def queries_of(client: Client, name: str, **query: str) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url(name), query).status_code == 200
    return [each["sql"] for each in captured]


@pytest.mark.parametrize("name", LISTS)
def test_no_list_asks_a_question_per_row(admin_client: Client, name: str) -> None:
    counts = []
    for _ in range(2):
        for delivery in make_deliveries(8):
            make_attempt(delivery)
        counts.append(len(queries_of(admin_client, name)))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", LISTS)
def test_no_list_counts_a_whole_table(admin_client: Client, name: str) -> None:
    make_attempt(make_delivery())
    counting = [
        sql
        for sql in queries_of(admin_client, name)
        if re.search(r'COUNT\(\*\).*FROM \(?.*"(event|delivery|attempt)"', sql)
    ]
    assert all("LIMIT" in sql for sql in counting)


@pytest.mark.parametrize("name", ["event", "delivery", "attempt"])
def test_no_list_reads_payloads_or_bodies(admin_client: Client, name: str) -> None:
    make_attempt(make_delivery())
    for sql in queries_of(admin_client, name):
        assert '"payload"' not in sql
        assert '"response_body"' not in sql


@pytest.mark.parametrize("name", LISTS)
def test_nothing_can_be_added_changed_or_deleted(admin_client: Client, name: str) -> None:
    assert admin_client.get(reverse(f"admin:dispatch_{name}_add")).status_code == 403
    assert "delete_selected" not in admin_client.get(url(name)).content.decode()


def test_a_long_list_says_that_it_is_cut(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "REACH", 60)
    make_deliveries(70)
    page = admin_client.get(url("delivery"))
    assert page.context["cl"].result_count == 60
    assert "search or filter for older ones" in page.content.decode()
    assert len(listed(admin_client, "delivery", p=2)) == 10


def test_deliveries_are_filtered_by_state_subscriber_and_event(admin_client: Client) -> None:
    subscriber, event = make_subscriber(), make_event()
    wanted = make_delivery(subscriber, event, state="dead")
    make_delivery(subscriber)
    make_delivery(event=event)
    assert listed(admin_client, "delivery", state__exact="dead") == [wanted]
    assert len(listed(admin_client, "delivery", subscriber=subscriber.pk)) == 2
    assert len(listed(admin_client, "delivery", event=event.pk)) == 2
    assert listed(admin_client, "delivery", event=event.pk, subscriber=subscriber.pk) == [wanted]


@pytest.mark.parametrize("query", [{"event": "nonsense"}, {"subscriber": "nonsense"}, {"subscriber": "9" * 30}])
def test_a_mistyped_filter_finds_nothing_and_breaks_nothing(admin_client: Client, query: dict[str, str]) -> None:
    make_delivery()
    assert listed(admin_client, "delivery", **query) == []


def test_deliveries_are_found_by_id_event_and_subscriber_name(admin_client: Client) -> None:
    wanted = make_delivery(make_subscriber(name="billing"))
    make_delivery()
    for term in (str(wanted.pk), f" {wanted.event_id} ", "billing"):
        assert listed(admin_client, "delivery", q=term) == [wanted]
    assert listed(admin_client, "delivery", q="nothing like it") == []


def test_events_are_found_by_id_and_topic(admin_client: Client) -> None:
    wanted = make_event(topic="invoice.paid")
    make_event()
    for term in (str(wanted.pk), "invoice.paid"):
        assert listed(admin_client, "event", q=term) == [wanted]
    assert listed(admin_client, "event", topic="invoice.paid") == [wanted]


def test_every_topic_is_offered_once_in_order(admin_client: Client) -> None:
    for topic in ("b", "a", "b", "c"):
        make_event(topic=topic)
    page = admin_client.get(url("event"))
    (spec,) = page.context["cl"].filter_specs
    assert [value for value, _ in spec.lookup_choices] == ["a", "b", "c"]


def test_attempts_are_found_by_their_delivery(admin_client: Client) -> None:
    wanted = make_attempt(make_delivery())
    make_attempt(make_delivery())
    assert listed(admin_client, "attempt", q=str(wanted.delivery_id)) == [wanted]
    assert listed(admin_client, "attempt", q="nonsense") == []
    assert Attempt.objects.count() == 2
