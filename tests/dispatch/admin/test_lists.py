"""The ledger's lists: bounded work however long the tables are, and the links between them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dispatch.admin import bars, ledger, narrowing
from dispatch.identifiers import first_id_at
from dispatch.models import Attempt
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.ledger.rows import make_deliveries, make_delivery, make_event, make_subscriber

pytestmark = pytest.mark.django_db

LISTS = ("event", "delivery", "attempt", "consumer", "replay", "alert")


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


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("delivery", {"topic": "orders", "state": "dead", "status": "500", "error": "dns", "day": "2026-01-31"}),
        ("delivery", {"q": "billing", "state": "dead"}),
        ("attempt", {"topic": "orders", "status": "500", "error": "dns"}),
        ("event", {"topic": "orders", "author": "shop", "day": "2026-01-31"}),
    ],
)
def test_a_narrowed_list_asks_few_questions(admin_client: Client, name: str, query: dict[str, str]) -> None:
    make_attempt(make_delivery(make_subscriber(name="billing"), state="dead"))
    assert len(queries_of(admin_client, name, **query)) <= 13


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


def test_a_list_is_paged_by_a_cursor_there_and_back(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger.LedgerAdmin, "list_per_page", 3)
    ids = sorted((each.pk for each in make_deliveries(7)), reverse=True)
    pages, at = [], url("delivery")
    while at:
        shown = admin_client.get(at).context["cl"]
        pages.append([each.pk for each in shown.result_list])
        back, at = shown.newer, shown.older and url("delivery") + shown.older
    assert pages == [ids[:3], ids[3:6], ids[6:]]
    shown = admin_client.get(url("delivery") + back).context["cl"]
    assert [each.pk for each in shown.result_list] == ids[3:6]
    shown = admin_client.get(url("delivery") + shown.newer).context["cl"]
    assert [each.pk for each in shown.result_list] == ids[:3]
    assert shown.newer == ""


def test_a_cursor_keeps_the_filter_and_a_filter_drops_the_cursor(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger.LedgerAdmin, "list_per_page", 2)
    dead = make_deliveries(5, state="dead", settled_at=timezone.now())
    make_deliveries(2)
    first = admin_client.get(url("delivery"), {"state": "dead"})
    assert "state=dead" in first.context["cl"].older
    second = admin_client.get(url("delivery") + first.context["cl"].older)
    assert {each.state for each in second.context["cl"].result_list} == {"dead"}
    assert "before" not in second.context["cl"].newest
    assert 'name="before"' not in second.content.decode(), "a search would go on from there"
    assert len(dead) == 5


@pytest.mark.parametrize("query", [{"before": "nonsense"}, {"after": "7"}, {"p": "99"}])
def test_a_mistyped_cursor_breaks_nothing(admin_client: Client, query: dict[str, str]) -> None:
    make_delivery()
    assert admin_client.get(url("delivery"), query).status_code == 200


def test_what_no_index_leads_to_is_looked_for_in_bounded_steps(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrowing, "LOOKED_AT", 5)
    wanted = make_delivery(state="dead", last_status=503)
    make_deliveries(8, state="dead", settled_at=timezone.now(), last_status=404)
    page = admin_client.get(url("delivery"), {"status": "503"})
    assert list(page.context["cl"].result_list) == []
    assert "Look further" in page.content.decode()
    further = admin_client.get(url("delivery") + page.context["cl"].further)
    assert list(further.context["cl"].result_list) == [wanted]
    assert further.context["cl"].further == ""


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


def test_deliveries_are_narrowed_by_each_field_and_by_all(admin_client: Client) -> None:
    wanted = make_delivery(
        make_subscriber(name="billing"), make_event(topic="paid"), state="dead", reason="exhausted", attempts=2
    )
    make_attempt(wanted, number=2, status=None, error_kind="dns", error="No such host.")
    other = make_delivery(state="dead", reason="gone", last_status=410, attempts=1)
    make_attempt(other, status=410)
    fields = {"topic": "paid", "subscriber": "billing", "reason": "exhausted", "error": "dns"}
    for name, value in fields.items():
        assert listed(admin_client, "delivery", **{name: value}) == [wanted], name
    assert listed(admin_client, "delivery", state="dead", **fields) == [wanted]
    assert listed(admin_client, "delivery", status="4xx") == [other]
    assert listed(admin_client, "delivery", status="410") == [other]
    assert listed(admin_client, "delivery", status="5xx") == []
    unsent = make_delivery(state="dead", reason="permanent")
    assert listed(admin_client, "delivery", error="unsent") == [unsent]


def test_deliveries_of_a_deleted_subscriber_are_found_by_its_name(admin_client: Client) -> None:
    old, former, present = [make_delivery(make_subscriber(name=name)) for name in ("billing", "crm", "shop")]
    old.subscriber.delete()
    former.subscriber.delete()
    assert listed(admin_client, "delivery", subscriber="billing") == [old]
    namesake = make_delivery(make_subscriber(name="billing"))
    assert listed(admin_client, "delivery", subscriber="billing") == [namesake]
    assert listed(admin_client, "delivery", subscriber=str(old.subscriber_id)) == [old]
    assert listed(admin_client, "delivery", subscriber="shop") == [present]


def test_a_topic_of_many_events_is_looked_for_among_the_deliveries(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bars, "FEW", 1)
    wanted = [make_delivery(event=make_event(topic="paid")) for _ in range(3)]
    make_delivery()
    assert listed(admin_client, "delivery", topic="paid") == wanted[::-1]


def test_lists_are_narrowed_to_a_day(admin_client: Client) -> None:
    day = datetime(2026, 1, 31, tzinfo=UTC)
    old = make_delivery(event=make_event(pk=id_at(day)), pk=id_at(day))
    attempt = make_attempt(old, started_at=day + timedelta(hours=3))
    make_attempt(make_delivery())
    assert listed(admin_client, "event", day="2026-01-31") == [old.event]
    assert listed(admin_client, "delivery", day="2026-01-31") == [old]
    assert listed(admin_client, "attempt", day="2026-01-31") == [attempt]
    assert listed(admin_client, "attempt", day="2026-01-30") == []


def id_at(moment: datetime) -> UUID:
    return UUID(int=first_id_at(moment).int + 1)


def test_attempts_are_narrowed_by_each_field(admin_client: Client) -> None:
    wanted = make_attempt(
        make_delivery(make_subscriber(name="billing"), make_event(topic="paid")), status=None, error_kind="dns"
    )
    other = make_attempt(make_delivery())
    for name, value in {"topic": "paid", "subscriber": "billing", "error": "dns"}.items():
        assert listed(admin_client, "attempt", **{name: value}) == [wanted], name
    assert listed(admin_client, "attempt", status="5xx") == [other]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"status": "many"}, "Write a status such as 500"),
        ({"subscriber": "nobody"}, "There is no subscriber with the name or id nobody."),
        ({"day": "yesterday"}, "Enter a valid date."),
        ({"state": "lost"}, "Select a valid choice"),
    ],
)
def test_what_is_mistyped_is_told_at_its_field(admin_client: Client, query: dict[str, str], reason: str) -> None:
    make_delivery()
    page = admin_client.get(url("delivery"), query)
    assert reason in page.content.decode()
    assert list(page.context["cl"].result_list) == []


def test_deliveries_of_a_deleted_subscriber_are_found_by_its_id(admin_client: Client) -> None:
    wanted = make_delivery()
    wanted.subscriber.delete()
    assert listed(admin_client, "delivery", subscriber=wanted.subscriber_id) == [wanted]


def test_an_empty_list_says_what_to_do(admin_client: Client) -> None:
    assert "Publish one" in admin_client.get(url("event")).content.decode()
    assert "Take a part of the filter off" in admin_client.get(url("event"), {"topic": "none"}).content.decode()


@pytest.mark.parametrize("name", ["event", "delivery", "attempt", "replay"])
def test_no_list_offers_to_select_more_than_it_shows(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(ledger.LedgerAdmin, "list_per_page", 2)
    for delivery in make_deliveries(4):
        make_attempt(delivery)
    text = admin_client.get(url(name)).content.decode()
    assert "across all pages" not in text
    assert "9999999999" not in text


def test_attempts_are_found_by_their_delivery(admin_client: Client) -> None:
    wanted = make_attempt(make_delivery())
    make_attempt(make_delivery())
    assert listed(admin_client, "attempt", q=str(wanted.delivery_id)) == [wanted]
    assert listed(admin_client, "attempt", q="nonsense") == []
    assert Attempt.objects.count() == 2
