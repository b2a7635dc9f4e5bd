"""Events, deliveries, attempts and topics by the management API."""

import json
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dispatch.models import Delivery
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.api.caller import Caller, ids
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber
from tests.dispatch.replays.carrying import make_past_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]


def ago(**age: float) -> str:
    return quote((timezone.now() - timedelta(**age)).isoformat())


def test_a_list_counts_nothing_and_skips_nothing(api: Caller) -> None:
    made = [str(make_event().pk) for _ in range(5)]
    seen: list[str] = []
    path = "events?limit=2"
    with CaptureQueriesContext(connection) as queries:
        while path:
            page = api.get(path).json
            seen += [each["id"] for each in page["results"]]
            path = (page["next"] or "").partition("/api/v1/")[2]
    assert seen == made[::-1]
    told = " ".join(query["sql"] for query in queries)
    assert "COUNT(" not in told
    assert "OFFSET" not in told


@pytest.mark.parametrize("limit", ["abc", "0", "-5", "1.5", "", "201", "10000", "000000001999", "%D9%A3"])
def test_a_limit_that_no_page_can_have_is_refused(api: Caller, limit: str) -> None:
    answer = api.get(f"events?limit={limit}")
    assert answer.status == 400
    [error] = answer.json["errors"]
    assert error["field"] == "limit"
    assert "is not a whole number from 1 to 200" in error["message"]


@pytest.mark.parametrize("limit", [1, 200])
def test_the_bounds_of_a_limit_are_taken(api: Caller, limit: int) -> None:
    assert api.get(f"events?limit={limit}").status == 200


def test_events_are_narrowed_by_topic_time_and_author(api: Caller) -> None:
    old = str(make_past_event(timedelta(hours=5)).pk)
    new = str(make_event(topic="invoices", author="shop", idempotency_key="k1").pk)
    assert ids(api, "events?topic=invoices") == [new]
    assert ids(api, f"events?before={ago(hours=1)}") == [old]
    assert ids(api, f"events?after={ago(hours=1)}") == [new]
    assert ids(api, f"events?author=shop&after={ago(hours=6)}&before={ago(hours=-1)}") == [new, old]
    assert ids(api, "events?author=shop&idempotency_key=k1") == [new]


@pytest.mark.parametrize(
    "query", ["author=shop", "idempotency_key=k", f"author=shop&after={ago(days=3)}&before={ago(days=0)}", "after=x"]
)
def test_what_no_index_serves_is_refused(api: Caller, query: str) -> None:
    assert api.get(f"events?{query}").status == 400
    assert api.get("deliveries?reason=gone").status == 400
    assert api.get("deliveries?subscriber=1e3").status == 400


def test_an_event_is_read_with_its_deliveries_and_without_secrets(api: Caller) -> None:
    event = make_event(payload='{"body": {"password": "hidden", "n": 1}, "headers": {"Authorization": "hidden"}}')
    delivery = make_delivery(event=event)
    answer = api.get(f"events/{event.pk}")
    assert answer.json["data"] == {"body": {"password": "***", "n": 1}, "headers": {"Authorization": "***"}}
    assert [each["id"] for each in answer.json["deliveries"]] == [str(delivery.pk)]
    assert "hidden" not in json.dumps(answer.json)


def test_an_event_that_json_can_hardly_write_is_read_all_the_same(api: Caller) -> None:
    event = make_event(payload='{"body": [1e999, -1e999, "\\ud800", "\\u0000", 12345678901234567890123, "ü"]}')
    assert api.get(f"events/{event.pk}").json["data"] == {
        "body": ["inf", "-inf", "\\ud800", "\0", 12345678901234567890123, "ü"]
    }
    answer = api.post("explain", {"expression": 'data["body"][0] == data["body"][2]', "event": str(event.pk)})
    assert (answer.status, answer.json["holds"]) == (200, False)


def test_deliveries_are_narrowed_by_what_has_an_index(api: Caller) -> None:
    dead = make_delivery(state="dead", reason="gone")
    make_delivery(make_subscriber(), state="held", reason="paused")
    for query in (f"subscriber={dead.subscriber_id}", f"event={dead.event_id}", "state=dead", "state=dead&reason=gone"):
        assert ids(api, f"deliveries?{query}") == [str(dead.pk)], query
    assert len(ids(api, f"deliveries?after={ago(hours=1)}")) == 2
    assert ids(api, f"deliveries?before={ago(hours=1)}") == []


def test_attempts_are_listed_by_delivery_and_read_in_full(api: Caller) -> None:
    attempt = make_attempt(make_delivery())
    make_attempt(make_delivery())
    assert ids(api, f"attempts?delivery={attempt.delivery_id}") == [attempt.pk]
    read = api.get(f"attempts/{attempt.pk}").json
    assert (read["status"], "Authorization: ***" in read["request_headers"]) == (500, True)


def test_a_delivery_that_waits_for_a_retry_is_tried_now(api: Caller) -> None:
    waiting = make_delivery(due_at=timedelta(hours=3), attempts=1, failures=1)
    answer = api.post(f"deliveries/{waiting.pk}/try-now")
    assert (answer.status, answer.json["state"]) == (200, "pending")
    assert Delivery.objects.due(timezone.now()).get() == waiting


def test_a_delivery_that_waits_is_stopped_and_can_be_replayed(api: Caller) -> None:
    for fields in ({"due_at": timedelta(hours=3)}, {"state": "held", "reason": "paused"}):
        waiting = make_delivery(**fields)
        answer = api.post(f"deliveries/{waiting.pk}/stop-trying")
        assert (answer.json["state"], answer.json["reason"]) == ("cancelled", "operator")
        assert api.post(f"deliveries/{waiting.pk}/replay").status == 201


@pytest.mark.parametrize(
    ("state", "refused"),
    [
        ("claimed", ["try-now", "stop-trying", "replay"]),
        ("held", ["try-now", "replay"]),
        ("delivered", ["try-now", "stop-trying"]),
        ("pending", ["replay"]),
    ],
)
def test_what_the_state_does_not_allow_is_refused(api: Caller, state: str, refused: list[str]) -> None:
    delivery = make_delivery(state=state, reason="paused" if state == "held" else "")
    answers = [api.post(f"deliveries/{delivery.pk}/{act}") for act in refused]
    assert [answer.status for answer in answers] == [409] * len(refused)
    assert all(answer.detail for answer in answers)
    assert Delivery.objects.get().state == state


def test_topics_are_those_of_events_and_subscribers(api: Caller) -> None:
    newest = [make_event(topic="orders"), make_event(topic="orders")][-1]
    make_subscriber(topic="order.*")
    make_subscriber(topic="deleted").delete()
    orders, pattern = sorted(api.get("topics").json["results"], key=lambda each: each["is_pattern"])
    assert (orders["topic"], orders["last_event"]) == ("orders", str(newest.pk))
    assert (pattern["topic"], pattern["last_event"]) == ("order.*", None)


def test_topics_are_paged(api: Caller) -> None:
    made = {f"t{number:03}" for number in range(120)}
    for topic in made:
        make_event(topic=topic)
    seen: list[str] = []
    path = "topics"
    while path:
        page = api.get(path).json
        seen += [each["topic"] for each in page["results"]]
        path = (page["next"] or "").partition("/api/v1/")[2]
    assert seen == sorted(made)


@pytest.mark.parametrize("path", ["events", "deliveries", "attempts", "replays"])
def test_what_retention_has_removed_is_a_problem(api: Caller, path: str) -> None:
    answer = api.get(f"{path}/{'1' if path == 'attempts' else '0198c0de-0000-7000-8000-000000000000'}")
    assert answer.status == 404
    assert answer.detail
