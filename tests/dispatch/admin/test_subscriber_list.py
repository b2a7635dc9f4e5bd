"""The list of subscribers: searched, narrowed, sorted and read page by page."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dispatch.admin import ledger, narrowing
from dispatch.models import Health
from subscribers.models import Subscriber
from tests.dispatch.admin.pages import text
from tests.dispatch.admin.subscriber_pages import LIST
from tests.dispatch.ledger.rows import make_event, make_subscriber

pytestmark = pytest.mark.django_db


def listed(client: Client, **query: Any) -> list[str]:
    return [each.name for each in client.get(LIST, query).context["cl"].result_list]


def test_the_list_is_narrowed_to_who_hears_of_a_topic(admin_client: Client) -> None:
    for name, topic in (("exact", "order.paid"), ("pattern", "order.*"), ("all", "*"), ("other", "order.p")):
        make_subscriber(name=name, topic=topic)
    assert listed(admin_client, topic="order.paid") == ["all", "pattern", "exact"]
    assert listed(admin_client, topic="order.*") == ["all", "pattern"]
    assert listed(admin_client, topic="stock") == ["all"]


def test_the_list_is_narrowed_to_who_does_badly(admin_client: Client) -> None:
    for name in ("well", "failing", "alone", "undecided"):
        make_subscriber(name=name)
    Health.objects.create(subscriber=Subscriber.objects.get(name="well"))
    now = timezone.now()
    Health.objects.create(subscriber=Subscriber.objects.get(name="failing"), failing_since=now)
    Health.objects.create(
        subscriber=Subscriber.objects.get(name="alone"), breaker="open", cause="throttled", open_until=now
    )
    Subscriber.objects.filter(name="undecided").update(filter_error_count=3)
    assert listed(admin_client, trouble="failing") == ["failing"]
    assert listed(admin_client, trouble="left_alone") == ["alone"]
    assert listed(admin_client, trouble="undecided") == ["undecided"]
    assert len(listed(admin_client)) == 4


def test_the_list_goes_by_a_cursor_and_counts_nothing(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger.CursorAdmin, "list_per_page", 2)
    for number in range(5):
        make_subscriber(name=f"{number}")
    answer = admin_client.get(LIST)
    shown = answer.context["cl"]
    assert [each.name for each in shown.result_list] == ["4", "3"]
    second = admin_client.get(LIST + shown.older).context["cl"]
    assert [each.name for each in second.result_list] == ["2", "1"]
    assert [each.name for each in admin_client.get(LIST + second.newer).context["cl"].result_list] == ["4", "3"]
    assert not re.search(r"\d+ results", text(answer))
    assert "across all pages" not in text(answer)


def test_where_none_is_found_it_says_how_the_list_is_searched(admin_client: Client) -> None:
    make_subscriber(name="billing")
    assert "billing" in text(admin_client.get(LIST, {"q": "illin"}))
    assert "The search finds any part of a name" in text(admin_client.get(LIST, {"q": "shipping"}))


def test_topics_of_subscribers_are_suggested_above_their_list(admin_client: Client) -> None:
    make_subscriber(topic="order.*")
    make_subscriber(topic="order.wanted")
    make_event(topic="order.published")
    make_subscriber(topic="order.gone").delete()
    asked = reverse("suggest_topics", query={"wanted": "1"})
    assert f'data-suggest="{asked}"' in text(admin_client.get(LIST))

    def suggested(typed: str) -> list[str]:
        answer = admin_client.get(reverse("suggest_topics"), {"wanted": "1", "q": typed})
        return [each["value"] for each in answer.json()["results"]]

    assert suggested("order") == ["order.*", "order.published", "order.wanted"]
    assert suggested("order.*") == ["order.*"]
    assert suggested("order.gone") == []


def named(names: Iterable[str]) -> None:
    for number, name in enumerate(names):
        make_subscriber(name=name, topic=f"topic.{number % 2}")


def read_through(client: Client, order: str, **query: str) -> list[Subscriber]:
    """All pages of the list in this order, each of which leads back to the one before it."""
    at = f"?{urlencode({'o': order, **query})}"
    rows: list[Subscriber] = []
    before: list[Subscriber] = []
    while at:
        shown = client.get(LIST + at).context["cl"]
        page, back, at = list(shown.result_list), shown.newer, shown.older
        if before:
            assert list(client.get(LIST + back).context["cl"].result_list) == before
        rows += page
        before = page
    return rows


@pytest.mark.parametrize("turned", ["", "-"])
@pytest.mark.parametrize(("column", "by"), [(1, "name"), (2, "topic")])
def test_the_list_is_sorted_by_name_and_topic_over_its_pages(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, column: int, by: str, turned: str
) -> None:
    monkeypatch.setattr(ledger.CursorAdmin, "list_per_page", 3)
    named(["delta", "alpha", "", "charlie", "bravo", "", "echo", "golf"])
    rows = read_through(admin_client, f"{turned}{column}")
    keys = [(getattr(each, by), each.pk) for each in rows]
    assert keys == sorted(keys, reverse=bool(turned))
    assert len(keys) == 8


def test_a_sorted_list_is_narrowed_as_well(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger.CursorAdmin, "list_per_page", 2)
    monkeypatch.setattr(narrowing, "LOOKED_AT", 3)
    named(["delta", "alpha", "charlie", "bravo", "echo", "golf"])
    Subscriber.objects.filter(name__in=["alpha", "golf"]).update(state="paused")
    first = admin_client.get(LIST, {"o": "1", "state": "paused"})
    assert [each.name for each in first.context["cl"].result_list] == ["alpha"]
    further = admin_client.get(LIST + first.context["cl"].further)
    assert [each.name for each in further.context["cl"].result_list] == ["golf"]
    assert '<input type="hidden" name="o" value="1">' in text(first), "a filter keeps the order"


@pytest.mark.parametrize("order", ["4", "3", "99", "x", "", "-0"])
def test_what_has_no_index_is_not_sorted_by(admin_client: Client, order: str) -> None:
    named(["bravo", "alpha"])
    shown = admin_client.get(LIST, {"o": order}).context["cl"]
    assert [each.name for each in shown.result_list] == ["alpha", "bravo"], "newest first"


def test_only_the_first_of_several_columns_counts(admin_client: Client) -> None:
    named(["bravo", "alpha", "charlie"])
    shown = admin_client.get(LIST, {"o": "1.-2"}).context["cl"]
    assert [each.name for each in shown.result_list] == ["alpha", "bravo", "charlie"]


def test_a_page_of_the_sorted_list_is_read_off_its_index(admin_client: Client) -> None:
    named(["bravo", "alpha"])
    cursor = Subscriber.objects.get(name="alpha").pk
    for column, index in ((1, "subscriber_name"), (2, "subscriber_topic")):
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(LIST, {"o": str(column), "before": str(cursor)})
        [page] = [each["sql"] for each in captured if "LIMIT 51" in each["sql"]]
        if connection.vendor == "sqlite":  # a few rows are sorted by Postgres without the index
            plan = explained(page)
            assert index in plan
            assert "TEMP B-TREE" not in plan


def explained(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return str(cursor.fetchall())
