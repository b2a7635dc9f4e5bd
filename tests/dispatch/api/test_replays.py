"""Replays and backfills by the management API: counted, asked for once under a key, watched and stopped."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dispatch.models import Delivery, Replay
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.api.caller import Caller, ids, machine
from tests.dispatch.ledger.rows import make_delivery, make_subscriber
from tests.dispatch.replays.carrying import carry_out, make_past_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]


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
