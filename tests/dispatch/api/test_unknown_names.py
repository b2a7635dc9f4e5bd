"""Nothing that a caller says is passed over: not a field, not a query parameter, not a key that comes twice."""

from typing import Any

import pytest

from dispatch.models import Replay
from subscribers.models import Subscriber
from tests.dispatch.api.caller import Caller, machine, staff
from tests.dispatch.client import Answer
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]

NEW = {"topic": "orders", "target_url": "http://billing:8000/"}


def refused(answer: Answer) -> dict[str, str]:
    """The messages by field."""
    assert answer.status == 400, answer.json
    assert answer.headers["Content-Type"] == "application/problem+json"
    return {error["field"]: error["message"] for error in answer.json["errors"]}


@pytest.mark.parametrize(("given", "meant"), [("sate", "state"), ("dryrun", "dry_run"), ("dryRun", "dry_run")])
def test_a_misspelt_criterion_starts_no_replay(api: Caller, given: str, meant: str) -> None:
    subscriber = make_subscriber()
    told = refused(api.post("replays", {"subscriber": subscriber.pk, given: "dead"}))
    assert told.keys() == {given}
    assert told[given].startswith(f"There is no such field. Did you mean `{meant}`? Known: kind, subscriber, ")
    assert not Replay.objects.exists()


def test_a_dry_run_in_the_address_starts_no_replay(api: Caller) -> None:
    told = refused(api.post("replays?dry_run=true", {"subscriber": make_subscriber().pk}))
    assert told == {"dry_run": "This request takes no query parameters."}
    assert not Replay.objects.exists()


def test_a_subscriber_with_an_unknown_field_is_not_created(api: Caller) -> None:
    told = refused(api.post("subscribers", {"topic": "orders", "filter": "false"}))
    assert told.keys() == {"filter", "target_url"}, "other faults are told as well"
    assert "Did you mean `filter_expression`?" in told["filter"]
    assert not Subscriber.objects.exists()


def test_a_change_with_an_unknown_field_changes_nothing(api: Caller) -> None:
    pk = make_subscriber(retry_limit=3).pk
    for send in (api.patch, api.put):
        told = refused(send(f"subscribers/{pk}", {**NEW, "retry_limit": 4, "bogus": 1}))
        assert "Did you mean" not in told["bogus"]
        assert "has_secret" not in told["bogus"], "read-only fields cannot be meant"
    assert Subscriber.objects.get().retry_limit == 3


def test_what_was_read_may_be_sent_back(api: Caller) -> None:
    path = f"subscribers/{make_subscriber(target_url=NEW['target_url']).pk}"
    read = api.get(path).json
    for send in (api.patch, api.put):
        answer = send(path, read | {"retry_limit": 7})
        assert answer.status == 200, answer.json["errors"]
        assert answer.json["retry_limit"] == 7


def test_what_was_read_may_be_sent_back_although_the_hub_has_counted_on(api: Caller) -> None:
    path = f"subscribers/{make_subscriber(target_url=NEW['target_url']).pk}"
    read = api.get(path).json
    Subscriber.objects.update(filter_error_count=3, last_filter_error="data has no total")
    answer = api.put(path, read | {"retry_limit": 7})
    assert (answer.status, answer.json["retry_limit"], answer.json["filter_error_count"]) == (200, 7, 3)


@pytest.mark.parametrize(
    ("field", "value", "operation"),
    [
        ("state", "paused", "/pause"),
        ("state_reason", "it moves", "/pause"),
        ("has_secret", True, "/rotate-secret"),
        ("public_key", "whpk_x", "/rotate-secret"),
        ("previous_secret_until", "2026-11-28T00:00:00Z", "/rotate-secret"),
        ("id", 12345, "Leave it out."),
        ("created_at", "2026-11-28T00:00:00Z", "Leave it out."),
        ("filter_error_count", 7, "Leave it out."),
        ("revision", 7_000_000, "Leave it out."),
    ],
)
def test_what_only_the_hub_writes_is_refused_and_says_what_changes_it(
    api: Caller, field: str, value: Any, operation: str
) -> None:
    path = f"subscribers/{make_subscriber().pk}"
    before = api.get(path).json
    for answer in (
        api.patch(path, {"name": "new", field: value}),
        api.put(path, {**NEW, field: value}),
        api.post("subscribers", {**NEW, field: value}),
    ):
        told = refused(answer)
        assert told.keys() == {field}
        assert told[field].startswith("Only the hub writes it. ")
        assert operation in told[field]
    assert api.get(path).json == before
    assert Subscriber.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("subscribers/{subscriber}/pause", {}),
        ("subscribers/{subscriber}/resume", {}),
        ("subscribers/{subscriber}/rotate-secret", {}),
        ("subscribers/{subscriber}/test", {}),
        ("subscribers/{subscriber}/explain", {"data": {}}),
        ("subscribers/{subscriber}/back-test", {"expression": ""}),
        ("explain", {"expression": "", "data": {}}),
        ("back-test", {"expression": "", "topic": "orders"}),
        ("deliveries/{delivery}/try-now", {}),
        ("deliveries/{delivery}/stop-trying", {}),
        ("deliveries/{delivery}/replay", {}),
        ("replays/{replay}/stop", {}),
        ("token/refresh", {"refresh": "x"}),
        ("token", {"username": "ann", "password": "x"}),
    ],
)
def test_every_other_body_is_strict(api: Caller, path: str, body: dict[str, Any]) -> None:
    subscriber = make_subscriber()
    delivery, replay = make_delivery(subscriber), Replay.objects.create()
    path = path.format(subscriber=subscriber.pk, delivery=delivery.pk, replay=replay.pk)
    assert refused(api.post(path, body | {"bogus": 1})).keys() == {"bogus"}
    assert refused(api.post(f"{path}?bogus=1", body)).keys() == {"bogus"}
    delivery.refresh_from_db()
    assert (delivery.state, Subscriber.objects.get().state) == ("pending", "active")


def test_a_delete_that_says_more_deletes_nothing(api: Caller) -> None:
    path = f"subscribers/{make_subscriber().pk}"
    assert refused(api.send("DELETE", path, {"dry_run": True})).keys() == {"dry_run"}
    assert refused(api.delete(f"{path}?dry_run=1")).keys() == {"dry_run"}
    assert Subscriber.objects.existing().exists()


@pytest.mark.parametrize("name", ["subscribers", "events", "deliveries", "attempts", "replays", "topics"])
def test_lists_refuse_unknown_parameters(api: Caller, name: str) -> None:
    told = refused(api.get(f"{name}?sate=dead"))
    assert "There is no such query parameter." in told["sate"]
    assert api.get(f"{name}?{'after=a' if name == 'topics' else 'limit=1'}").status == 200


def test_a_list_names_all_that_it_can_be_asked_for(api: Caller) -> None:
    told = refused(api.get("deliveries?sate=dead"))["sate"]
    assert "Did you mean `state`?" in told
    known = told.partition("Known: ")[2].rstrip(".").split(", ")
    assert sorted(known) == sorted(
        [*("after", "before", "cursor", "event", "limit", "reason", "replay", "replay_of", "state", "subscriber")]
    )


def test_a_parameter_that_comes_twice_is_refused(api: Caller) -> None:
    assert refused(api.get("deliveries?state=dead&state=pending")) == {"state": "Give it once."}


def test_parameters_of_whoever_may_not_ask_are_not_judged(api: Caller) -> None:
    assert Caller().get("deliveries?bogus=1").status == 401
    assert machine("events:read", name="reader").get("deliveries?bogus=1").status == 403
    assert api.put("deliveries?bogus=1", {}).status == 405


def test_a_bad_body_beside_a_bad_parameter_is_no_error_of_ours(api: Caller) -> None:
    assert refused(api.post("subscribers?bogus=1", b"{")).keys() == {"bogus"}


@pytest.mark.parametrize("body", [b'{"dry_run": true, "dry_run": false}', b'{"dry_run": true, "dry\\u005frun": false}'])
def test_a_key_that_comes_twice_is_refused(api: Caller, body: bytes) -> None:
    answer = api.post("replays", body)
    assert answer.status == 400
    assert "'dry_run' twice" in answer.json["detail"]
    assert not Replay.objects.exists()


def test_a_thousand_unknown_names_are_answered_shortly(api: Caller) -> None:
    told = refused(api.post("subscribers", NEW | {f"{number}{'x' * 500}": 1 for number in range(1000)}))
    assert len(told) == 20
    assert max(map(len, told)) == 100


def test_sign_in_is_as_strict(db: None) -> None:
    staff()
    assert refused(Caller().post("token", {"user": "ann", "password": "x"})).keys() == {"user", "username"}
