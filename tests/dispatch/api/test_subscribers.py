"""Subscribers by the management API."""

import json
from typing import Any

import pytest

from dispatch.models import Delivery
from subscribers import matching
from subscribers.models import Subscriber
from tests.dispatch.api.caller import Caller, machine
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]

NEW = {"topic": "orders", "target_url": "http://billing:8000/orders/:id", "filter_expression": 'data["body"] == 1'}
SECRET = "whsec_" + "c" * 40


def errors_of(answer: Any) -> dict[str, str]:
    assert answer.status == 400, answer.json
    assert answer.detail
    return {each["field"]: each["message"] for each in answer.json["errors"]}


def test_what_is_created_is_read_and_matches(api: Caller) -> None:
    created = api.post("subscribers", NEW)
    assert created.status == 201
    read = api.get(f"subscribers/{created.json['id']}")
    assert read.json == created.json
    assert {name: read.json[name] for name in NEW} == NEW
    assert (read.json["state"], read.json["retry_limit"], read.json["body_format"]) == ("active", 25, "plain")
    assert [each.subscriber_id for each in matching.newest().match("orders", {"body": 1})] == [read.json["id"]]


def test_a_filter_that_surely_is_not_the_one_meant_is_saved_with_a_warning(api: Caller) -> None:
    slipped = NEW | {"filter_expression": 'data["kind"] == "a" or "b"'}
    created = api.post("subscribers", slipped)
    assert created.status == 201
    [warning] = created.json["warnings"]
    assert warning.startswith("The value 'b' stands alone, which always holds. Compare it")
    path = f"subscribers/{created.json['id']}"
    assert api.get(path).json["warnings"] == [warning]
    mended = created.json | {"filter_expression": 'data["kind"] in ["a", "b"]'}
    assert api.put(path, mended).json["warnings"] == []


def test_a_topic_that_ends_with_a_blank_is_saved_with_a_warning(api: Caller) -> None:
    created = api.post("subscribers", NEW | {"topic": "orders "})
    assert created.status == 201
    assert len(created.json["warnings"]) == 1
    assert "blank" in created.json["warnings"][0]


def test_the_list_is_paged_by_cursor(api: Caller) -> None:
    made = [make_subscriber().pk for _ in range(5)]
    seen: list[int] = []
    path = "subscribers?limit=2"
    while path:
        page = api.get(path).json
        assert len(page["results"]) <= 2
        seen += [each["id"] for each in page["results"]]
        path = (page["next"] or "").partition("/api/v1/")[2]
    assert seen == made


def test_the_list_is_narrowed_by_topic_and_name(api: Caller) -> None:
    wanted = make_subscriber(topic="invoices", name="billing")
    make_subscriber()
    for query in ("topic=invoices", "name=billing"):
        assert [each["id"] for each in api.get(f"subscribers?{query}").json["results"]] == [wanted.pk]


@pytest.mark.parametrize("cursor", ["x", "cD1h", "bz05OTk5OQ==", "%00", "cD0xMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Ng=="])
def test_a_cursor_of_no_page_is_refused(api: Caller, cursor: str) -> None:
    for path in ("subscribers", "events"):
        answer = api.get(f"{path}?cursor={cursor}")
        assert answer.status in (200, 400)
        assert answer.status == 200 or [each["field"] for each in answer.json["errors"]] == ["cursor"]


def test_a_refused_filter_says_what_and_where(api: Caller) -> None:
    answer = api.post("subscribers", NEW | {"filter_expression": 'data["a"] > limit'})
    (error,) = answer.json["errors"]
    assert (error["field"], error["code"]) == ("filter_expression", "filter_refused")
    assert (error["line"], error["column"], error["end_column"]) == (1, 13, 18)
    assert "^^^^^" in error["message"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"topic": ""}, "topic"),
        ({"topic": "a*b"}, "topic"),
        ({"topic": "nul\x00"}, "topic"),
        ({"target_url": "ftp://x/"}, "target_url"),
        ({"secret": "short"}, "secret"),
        ({"secret": "schlüssel"}, "secret"),
        ({"retry_limit": 101}, "retry_limit"),
        ({"retry_limit": None}, "retry_limit"),
        ({"body_format": "xml"}, "body_format"),
        ({"total_timeout_seconds": "inf"}, "total_timeout_seconds"),
        ({"total_timeout_seconds": 0}, "total_timeout_seconds"),
        ({"rate_limit_per_second": "nan"}, "rate_limit_per_second"),
        ({"max_in_flight": 1 << 70}, "max_in_flight"),
        ({"name": "n" * 101}, "name"),
    ],
)
def test_what_the_admin_refuses_is_refused_with_its_place(api: Caller, fields: dict[str, Any], named: str) -> None:
    assert list(errors_of(api.post("subscribers", NEW | fields))) == [named]
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b"[" * 100_000, b'{"topic": NaN}', b'{"topic": "\\ud800"}', b'{"a": 1e999}', b"1" * 5000]
)
def test_what_is_no_json_is_refused(api: Caller, body: bytes) -> None:
    answer = api.post("subscribers", body)
    assert answer.status == 400
    assert answer.detail


@pytest.mark.parametrize("body", [[], "text", 7, None])
def test_what_is_no_object_is_refused(api: Caller, body: Any) -> None:
    assert api.post("subscribers", json.dumps(body).encode()).status == 400


def test_a_body_beyond_the_limit_is_refused(api: Caller) -> None:
    assert api.post("subscribers", b'"' + b"x" * (2 << 20) + b'"').status == 413


def test_a_patch_changes_what_it_names(api: Caller) -> None:
    subscriber = make_subscriber(name="billing", retry_limit=3, filter_expression="1 == 1")
    answer = api.patch(f"subscribers/{subscriber.pk}", {"topic": "invoices"})
    assert answer.status == 200
    assert (answer.json["topic"], answer.json["name"], answer.json["retry_limit"]) == ("invoices", "billing", 3)


def test_a_put_gives_defaults_to_what_it_leaves_out_and_keeps_the_secret(api: Caller) -> None:
    subscriber = make_subscriber(name="billing", retry_limit=3, secret=SECRET, state="paused")
    answer = api.put(f"subscribers/{subscriber.pk}", NEW)
    assert (answer.status, answer.json["name"], answer.json["retry_limit"]) == (200, "", 25)
    assert (answer.json["has_secret"], answer.json["state"]) == (True, "paused")


def test_an_update_without_a_needed_field_is_refused(api: Caller) -> None:
    subscriber = make_subscriber()
    assert set(errors_of(api.put(f"subscribers/{subscriber.pk}", {}))) == {"topic", "target_url"}


def test_the_etag_follows_every_change_whatever_made_it(api: Caller) -> None:
    subscriber = make_subscriber()
    path = f"subscribers/{subscriber.pk}"
    first = api.get(path).headers["ETag"]
    Subscriber.objects.update(name="renamed by another way")
    second = api.get(path).headers["ETag"]
    assert first != second
    assert api.patch(path, {"topic": "x"}, If_Match=first).status == 412
    assert api.delete(path, If_Match=first).status == 412
    changed = api.patch(path, {"topic": "x"}, If_Match=f'"other", {second}')
    assert changed.status == 200
    assert api.put(path, NEW, If_Match=second).status == 412
    assert api.put(path, NEW, If_Match=changed.headers["ETag"]).status == 200
    assert api.delete(path, If_Match="*").status == 200


def test_what_is_known_by_its_etag_is_not_sent_again(api: Caller) -> None:
    path = f"subscribers/{make_subscriber().pk}"
    etag = api.get(path).headers["ETag"]
    for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        answer = api.get(path, If_None_Match=known)
        assert (answer.status, answer.headers["ETag"], answer.json) == (304, etag, None)
    api.patch(path, {"topic": "another"})
    for known in (etag, "", "nonsense"):
        assert api.get(path, If_None_Match=known).json["topic"] == "another"


def test_a_refused_precondition_changes_nothing(api: Caller) -> None:
    subscriber = make_subscriber(name="billing")
    assert "read it again" in api.patch(f"subscribers/{subscriber.pk}", {"name": "x"}, If_Match='"0-0"').detail
    subscriber.refresh_from_db()
    assert subscriber.name == "billing"


def test_deleting_is_soft_and_cancels_what_waits(api: Caller) -> None:
    subscriber = make_subscriber()
    waiting = make_delivery(subscriber)
    make_delivery(subscriber, state="held", reason="paused")
    make_delivery(subscriber, state="delivered")
    path = f"subscribers/{subscriber.pk}"
    deleted = api.delete(path)
    assert (deleted.status, deleted.json) == (200, {"cancelled": 2})
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == ("cancelled", "deleted")
    assert Subscriber.objects.filter(pk=waiting.subscriber_id).exists()
    assert [api.get(path).status, api.delete(path).status, api.patch(path, {}).status] == [404, 404, 404]


def test_the_same_create_under_a_key_answers_the_same_subscriber(api: Caller) -> None:
    first = api.post("subscribers", NEW, Idempotency_Key="k1")
    again = api.post("subscribers", NEW, Idempotency_Key="k1")
    assert (first.status, again.status) == (201, 200)
    assert again.json == first.json
    assert api.post("subscribers", NEW, Idempotency_Key="k2").json["id"] != first.json["id"]
    assert Subscriber.objects.count() == 2


def test_a_key_stands_for_one_content_of_one_caller(api: Caller) -> None:
    first = api.post("subscribers", NEW, Idempotency_Key="k1")
    assert api.post("subscribers", NEW | {"topic": "x"}, Idempotency_Key="k1").status == 409
    other = machine(name="another").post("subscribers", NEW, Idempotency_Key="k1")
    assert (other.status, other.json["id"] != first.json["id"]) == (201, True)
    api.delete(f"subscribers/{first.json['id']}")
    assert "deleted" in api.post("subscribers", NEW, Idempotency_Key="k1").detail


def test_a_key_that_is_too_long_is_refused(api: Caller) -> None:
    assert list(errors_of(api.post("subscribers", NEW, Idempotency_Key="k" * 256))) == ["Idempotency-Key"]


def test_the_same_create_under_a_name_answers_the_same_subscriber(api: Caller) -> None:
    named = NEW | {"name": "billing", "secret": SECRET}
    first, again = api.post("subscribers", named), api.post("subscribers", named)
    assert (first.status, again.status, again.json["id"]) == (201, 200, first.json["id"])
    assert "has this name" in api.post("subscribers", named | {"topic": "x"}).detail
    assert Subscriber.objects.count() == 1


def test_the_same_create_under_a_name_leaves_a_rotated_secret_as_it_is(api: Caller) -> None:
    first = api.post("subscribers", NEW | {"name": "billing"})
    api.post(f"subscribers/{first.json['id']}/rotate-secret", {"kind": "shared"})
    again = api.post("subscribers", NEW | {"name": "billing"})
    assert (again.status, again.json["id"], again.json["has_secret"]) == (200, first.json["id"], True)
    assert "has this name" in api.post("subscribers", NEW | {"name": "billing", "secret": SECRET}).detail


def test_a_name_that_is_taken_is_refused_in_an_update(api: Caller) -> None:
    make_subscriber(name="billing")
    other = make_subscriber()
    assert list(errors_of(api.patch(f"subscribers/{other.pk}", {"name": "billing"}))) == ["name"]
    assert api.patch(f"subscribers/{other.pk}", {"name": ""}).status == 200


def test_no_answer_holds_a_secret(api: Caller) -> None:
    created = api.post("subscribers", NEW | {"secret": SECRET})
    path = f"subscribers/{created.json['id']}"
    for answer in (created, api.get(path), api.get("subscribers"), api.patch(path, {"secret": SECRET})):
        assert SECRET not in json.dumps(answer.json)
    assert api.get(path).json["has_secret"] is True
    assert api.patch(path, {"secret": ""}).json["has_secret"] is False


def test_deliveries_of_a_subscriber_outlive_it(api: Caller) -> None:
    delivery = make_delivery(make_subscriber(), state="delivered")
    api.delete(f"subscribers/{delivery.subscriber_id}")
    assert api.get(f"deliveries/{delivery.pk}").json["state"] == Delivery.State.DELIVERED


@pytest.mark.parametrize("pk", ["0", "999999999999999999", "9999999999999999999999", "abc", "-1"])
def test_what_is_not_there_is_a_problem(api: Caller, pk: str) -> None:
    answer = api.get(f"subscribers/{pk}")
    assert answer.status == 404
    assert answer.detail
