""" "Replay all that match this filter": to a replay by the filter's words, or at once where it has others."""

import pytest
from django.test import Client

from dispatch.admin import matching, narrowing
from dispatch.models import Delivery, Replay
from subscribers.models import Subscriber
from tests.dispatch.admin.pages import text
from tests.dispatch.admin.replay_pages import DELIVERIES, MATCHING, NEW, confirmed, page
from tests.dispatch.ledger.rows import make_delivery, make_event

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("query", [{"reason": "paused"}, {"state": "held"}, {"state": "dead", "reason": "deleted"}])
def test_a_filter_for_what_cannot_be_replayed_leads_to_no_form(admin_client: Client, query: dict[str, str]) -> None:
    make_delivery(state="held", reason="paused")
    answer = admin_client.get(MATCHING, query, follow=True)
    assert "Nothing that matches this filter can be replayed." in text(answer)


@pytest.mark.parametrize(
    ("query", "criteria"),
    [
        ({"state__exact": "dead"}, "state=dead"),
        ({"state": "dead"}, "state=dead"),
        ({"subscriber": "billing"}, "subscriber=billing"),
        ({"topic": "orders"}, "topic=orders"),
        ({"state__exact": "dead", "subscriber": "billing"}, "subscriber=billing&state=dead"),
        ({"day": "2026-01-31"}, "since=2026-01-31T00%3A00%3A00%2B00%3A00&until=2026-02-01T00%3A00%3A00%2B00%3A00"),
        ({"q": "billing"}, "subscriber=billing"),
        (
            {"subscriber": "billing", "state__exact": "dead", "status": "5xx"},
            "subscriber=billing&state=dead&status=5xx",
        ),
        ({"reason": "exhausted"}, "reason=exhausted"),
        ({"error": "connect", "state": "dead"}, "state=dead&error=connect"),
    ],
)
def test_a_filter_whose_words_are_criteria_leads_to_a_replay(
    admin_client: Client, billing: Subscriber, query: dict[str, str], criteria: str
) -> None:
    assert "Replay all that match this filter" in text(admin_client.get(DELIVERIES, query))
    assert admin_client.get(MATCHING, query).url == f"{NEW}?{criteria}"


@pytest.mark.parametrize(
    ("narrow", "words"),
    [
        ({"status": "503"}, "dead deliveries with status 503"),
        ({"status": "5xx"}, "dead deliveries with status 5xx"),
        ({"reason": "exhausted"}, "dead deliveries because all retries failed"),
    ],
)
def test_a_group_of_failures_is_replayed_at_a_rate(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, narrow: dict[str, str], words: str
) -> None:
    monkeypatch.setattr(matching, "AT_ONCE", 2)
    for _ in range(4):
        make_delivery(state="dead", last_status=503, reason="exhausted")
    make_delivery(state="dead", last_status=404, reason="permanent")
    form = text(admin_client.get(MATCHING, {"state": "dead", **narrow}, follow=True))
    assert f"<strong>4</strong> {words}." in form
    confirmed(admin_client, state="dead", rate="2.5", **narrow)
    asked = Replay.objects.get()
    assert (asked.total, asked.rate_per_second, asked.status) == (4, 2.5, "running")
    shown = text(admin_client.get(page(asked)))
    assert words[1:] in shown
    assert "2.5 a second" in shown


def test_an_empty_filter_is_refused(admin_client: Client, billing: Subscriber) -> None:
    assert "Replay all that match" not in text(admin_client.get(DELIVERIES))
    for query in ({}, {"state__exact": ""}, {"p": "2"}):
        assert "Filter the list first" in text(admin_client.post(f"{MATCHING}", query, follow=True))
    assert not Replay.objects.exists()


def test_what_matches_another_filter_is_replayed_at_once(admin_client: Client) -> None:
    event = make_event()
    dead = make_delivery(event=event, state="dead")
    make_delivery(event=event)
    make_delivery(state="dead")
    url = f"{MATCHING}?event={event.pk}"
    assert "<strong>1</strong> settled delivery matches the filter." in text(admin_client.get(url))
    assert not Replay.objects.exists()
    assert "Replayed: 1." in text(admin_client.post(url, follow=True))
    assert Delivery.objects.get(replay__isnull=False).replay_of == dead


def test_too_many_for_at_once_are_refused_in_words(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "AT_ONCE", 2)
    event = make_event()
    for _ in range(3):
        make_delivery(event=event, state="dead")
    answer = admin_client.post(f"{MATCHING}?event={event.pk}", follow=True)
    assert "More than 2 match." in text(answer)
    assert not Replay.objects.exists()


@pytest.mark.parametrize("query", ["event=nonsense", "q=nobody", "replay=nonsense", "subscriber=1&q=nobody", "day=x"])
def test_a_filter_that_nothing_matches_says_so(admin_client: Client, query: str) -> None:
    assert "Nothing that is settled matches" in text(admin_client.get(f"{MATCHING}?{query}", follow=True))


def test_too_many_rows_to_look_through_are_refused(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narrowing, "LOOKED_AT", 2)
    event = make_event()
    for _ in range(4):
        make_delivery(event=event, state="dead", last_status=404)
    answer = admin_client.get(f"{MATCHING}?event={event.pk}&status=503", follow=True)
    assert "Too many rows would have to be looked through" in text(answer)
