"""Events, deliveries, attempts, replays and topics by the management API."""

import json
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dispatch.models import Delivery, Replay
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.api.caller import Caller, machine
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber
from tests.dispatch.replays.carrying import carry_out, make_past_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]


def ids(api: Caller, path: str) -> list[str]:
    answer = api.get(path)
    assert answer.status == 200, answer.json
    return [each["id"] for each in answer.json["results"]]


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


def test_a_replayed_delivery_is_a_new_one(api: Caller) -> None:
    dead = make_delivery(state="dead")
    answer = api.post(f"deliveries/{dead.pk}/replay")
    assert (answer.status, answer.json["replay_of"], answer.json["state"]) == (201, str(dead.pk), "pending")
    assert Replay.objects.get().requested_by == "API key deployer"
    assert api.post(f"deliveries/{dead.pk}/replay").status == 409


def test_a_replay_is_counted_asked_for_watched_and_stopped(api: Caller) -> None:
    subscriber = make_subscriber()
    for _ in range(3):
        make_delivery(subscriber, state="dead")
    wish = {"subscriber": subscriber.pk, "state": "dead"}
    counted = api.post("replays", {**wish, "dry_run": True})
    assert (counted.status, counted.json["count"], counted.json["is_exact"]) == (200, 3, True)
    assert not Replay.objects.exists()
    asked = api.post("replays", wish)
    assert (asked.status, asked.json["total"], asked.json["status"]) == (201, 3, "running")
    carry_out(Replay.objects.get())
    read = api.get(f"replays/{asked.json['id']}").json
    assert (read["status"], read["done"], read["percent"]) == ("done", 3, 100)
    assert len(ids(api, f"deliveries?replay={read['id']}")) == 3
    assert api.post(f"replays/{read['id']}/stop").status == 409
    second = api.post("replays", {"topic": "orders"}).json
    assert api.post(f"replays/{second['id']}/stop").json["status"] == "stopped"
    assert ids(api, "replays") == [second["id"], read["id"]]


def test_the_same_replay_under_a_key_is_asked_for_once(api: Caller) -> None:
    make_delivery(state="dead")
    wish = {"state": "dead", "since": (timezone.now() - timedelta(hours=1)).isoformat()}
    first, again = (api.post("replays", wish, Idempotency_Key="k1") for _ in range(2))
    assert (first.status, again.status, again.json) == (201, 200, first.json)
    assert again.headers["Location"] == first.headers["Location"]
    assert Replay.objects.count() == 1
    assert api.post("replays", wish).json["id"] != first.json["id"], "without a key each request is its own"


def test_the_same_backfill_under_a_key_is_asked_for_once(api: Caller) -> None:
    make_past_event(timedelta(hours=2))
    wish = {
        "kind": "backfill",
        "subscriber": make_subscriber().pk,
        "since": (timezone.now() - timedelta(days=1)).isoformat(),
    }
    answers = [api.post("replays", wish, Idempotency_Key="k1") for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 200]
    assert Replay.objects.count() == 1


def test_a_key_stands_for_one_replay_of_one_caller(api: Caller) -> None:
    dead, other = make_delivery(state="dead"), make_delivery(state="dead")
    api.post("replays", {"state": "dead"}, Idempotency_Key="k1")
    refused = [
        api.post("replays", {"state": "cancelled"}, Idempotency_Key="k1"),
        api.post(f"deliveries/{dead.pk}/replay", Idempotency_Key="k1"),
    ]
    assert [answer.status for answer in refused] == [409, 409]
    assert all("another replay" in answer.detail for answer in refused)
    assert machine(name="another").post("replays", {"state": "cancelled"}, Idempotency_Key="k1").status == 201
    assert api.post(f"deliveries/{dead.pk}/replay", Idempotency_Key="k2").status == 201
    assert api.post(f"deliveries/{other.pk}/replay", Idempotency_Key="k2").status == 409


def test_a_count_takes_no_key(api: Caller) -> None:
    wish = {"state": "dead"}
    assert api.post("replays", {**wish, "dry_run": True}, Idempotency_Key="k1").status == 200
    assert api.post("replays", wish, Idempotency_Key="k1").status == 201
    assert api.post("replays", {**wish, "dry_run": True}, Idempotency_Key="k1").json["count"] == 0


def test_a_replay_under_a_key_that_is_too_long_is_refused(api: Caller) -> None:
    for path in ("replays", f"deliveries/{make_delivery(state='dead').pk}/replay"):
        answer = api.post(path, {"state": "dead"} if path == "replays" else None, Idempotency_Key="k" * 256)
        assert [each["field"] for each in answer.json["errors"]] == ["Idempotency-Key"]
    assert not Replay.objects.exists()


def test_the_same_replay_of_a_delivery_under_a_key_makes_one(api: Caller) -> None:
    dead = make_delivery(state="dead")
    path = f"deliveries/{dead.pk}/replay"
    first, again = (api.post(path, Idempotency_Key="k1") for _ in range(2))
    assert (first.status, again.status, again.json) == (201, 200, first.json)
    Delivery.objects.filter(pk=first.json["id"]).update(state="delivered", settled_at=timezone.now())
    later = api.post(path, Idempotency_Key="k1")
    assert (later.status, later.json["id"], later.json["state"]) == (200, first.json["id"], "delivered")
    assert dead.replays.count() == 1
    Delivery.objects.filter(pk=first.json["id"]).delete()
    assert "removed" in api.post(path, Idempotency_Key="k1").detail


def test_a_refused_replay_may_be_repeated_under_its_key(api: Caller) -> None:
    waiting = make_delivery()
    path = f"deliveries/{waiting.pk}/replay"
    assert "not settled" in api.post(path, Idempotency_Key="k1").detail
    Delivery.objects.filter(pk=waiting.pk).update(state="dead", settled_at=timezone.now())
    assert api.post(path, Idempotency_Key="k1").status == 201


@pytest.mark.parametrize(
    ("narrow", "columns", "count"),
    [
        ({"status_from": 500, "status_to": 599}, (500, 599, "", ""), 2),
        ({"status_from": 503}, (503, 503, "", ""), 1),
        ({"error": "connect"}, (None, None, "connect", ""), 1),
        ({"reason": "gone", "error": "", "status_from": None}, (None, None, "", "gone"), 1),
    ],
)
def test_a_replay_is_narrowed_to_failures_of_one_kind(
    api: Caller, narrow: dict[str, object], columns: tuple[object, ...], count: int
) -> None:
    for status, reason in ((503, "exhausted"), (500, "exhausted"), (410, "gone")):
        make_attempt(make_delivery(state="dead", attempts=1, last_status=status, reason=reason), status=status)
    make_attempt(make_delivery(state="dead", attempts=1, reason="exhausted"), status=None, error_kind="connect")
    assert api.post("replays", {**narrow, "dry_run": True}).json["count"] == count
    asked = api.post("replays", narrow).json
    assert tuple(asked[name] for name in ("status_from", "status_to", "error", "reason")) == columns
    assert carry_out(Replay.objects.get()).done == count


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"status_to": 599}, "status_from"),
        ({"status_from": 599, "status_to": 500}, "status_to"),
        ({"status_from": 5}, "status_from"),
        ({"status_from": "5xx"}, "status_from"),
        ({"error": "bad luck"}, "error"),
        ({"reason": "bad luck"}, "reason"),
        ({"reason": "paused"}, "reason"),
        ({"kind": "backfill", "subscriber": 0, "since": "2026-01-31T08:00:00Z", "status_from": 500}, "status_from"),
        ({"kind": "backfill", "subscriber": 0, "since": "2026-01-31T08:00:00Z", "error": "dns"}, "error"),
    ],
)
def test_a_kind_of_failure_that_is_none_is_refused_at_its_field(
    api: Caller, wish: dict[str, object], field: str
) -> None:
    given = wish | ({"subscriber": make_subscriber().pk} if "subscriber" in wish else {})
    answer = api.post("replays", given)
    assert (answer.status, [each["field"] for each in answer.json["errors"]]) == (400, [field])
    assert not Replay.objects.exists()


def test_a_backfill_needs_a_subscriber_and_a_time(api: Caller) -> None:
    make_past_event(timedelta(hours=2))
    subscriber = make_subscriber()
    wish = {"kind": "backfill", "subscriber": subscriber.pk, "since": (timezone.now() - timedelta(days=1)).isoformat()}
    assert api.post("replays", {**wish, "dry_run": True}).json["count"] == 1
    assert api.post("replays", wish).json["kind"] == "backfill"
    for lacking in ("subscriber", "since"):
        answer = api.post("replays", {name: value for name, value in wish.items() if name != lacking})
        assert [each["field"] for each in answer.json["errors"]] == [lacking]


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"state": "pending"},
        {"rate_per_second": 0},
        {"subscriber": 12345, "state": "dead"},
        {"subscriber": 1 << 70},
        {"since": "x"},
    ],
)
def test_a_replay_of_nothing_in_particular_is_refused(api: Caller, wish: dict[str, object]) -> None:
    assert api.post("replays", wish).status == 400


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
