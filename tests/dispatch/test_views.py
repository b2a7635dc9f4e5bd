"""Publishing one event, and asking after it: every row of the contract."""

import base64
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from dispatch.models import Event
from dispatch.tokens import PublisherToken
from subscribers import matching
from tests.dispatch.client import PLAIN, Answer, get, post, subscribe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]


def test_publish_answers_202_with_what_was_stored() -> None:
    subscribe()
    answer = post(PLAIN)
    event = Event.objects.get()
    assert (answer.status, answer.headers["Content-Type"]) == (202, "application/json")
    assert answer.json == {"id": str(event.pk), "topic": "orders", "matched": 1, "duplicate": False}
    assert event.author == "shop"


def test_wide_fan_out_answers_null_for_matched(settings: Settings) -> None:
    settings.SWITCH_FAN_OUT_LIMIT = 1
    for _ in range(2):
        subscribe()
    answer = post(PLAIN)
    assert (answer.status, answer.json["matched"]) == (202, None)


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_body_is_json_whatever_its_content_type(content_type: str) -> None:
    assert post(PLAIN, content_type=content_type).status == 202


@pytest.mark.parametrize("accepted", ["*/*", "application/json", "text/html", "application/problem+json"])
def test_answer_is_json_whatever_the_client_accepts(accepted: str) -> None:
    assert post(PLAIN, Accept=accepted).status == 202


def test_original_form_is_published() -> None:
    payload = base64.b64encode(json.dumps(PLAIN["data"]).encode()).decode()
    assert post({"Payload": payload, "Topic": "orders"}).status == 202
    assert json.loads(Event.objects.get().payload) == PLAIN["data"]


@pytest.mark.parametrize(
    ("body", "detail", "place"),
    [
        pytest.param(b"{", "It is not JSON", None, id="not-json"),
        pytest.param(b" ", "The body is empty", None, id="blank"),
        pytest.param({"topic": "", "data": {}}, "The topic is empty", "topic", id="topic"),
        pytest.param({"Topic": "a", "Payload": "€"}, "It is not base64", "payload", id="base64"),
        pytest.param({"topic": "a", "data": {"headers": {"X": "a\nb"}}}, "line breaks", "data.headers.X", id="header"),
    ],
)
def test_bad_body_is_400_with_the_reason_and_the_place(body: Any, detail: str, place: str | None) -> None:
    answer = post(body)
    assert answer.status == 400
    assert detail in answer.detail
    assert answer.json.get("place") == place


@pytest.mark.parametrize("field", ["headers", "query_params", "path_params"])
@pytest.mark.parametrize("in_batch", [False, True], ids=["alone", "in a batch"])
def test_place_that_utf8_cannot_write_is_told_in_escapes(field: str, in_batch: bool) -> None:
    body = f'{{"topic": "orders", "data": {{"{field}": {{"\\ud800{"x" * 9_000}": [{{}}]}}}}}}'
    answer = post((f"[{body}]" if in_batch else body).encode())
    problem = answer.json["results"][0]["problem"] if in_batch else answer.json
    assert problem["status"] == 400
    assert problem["place"].startswith(f"data.{field}.\\ud800xxx")
    assert len(problem["place"]) < 1_100


@pytest.mark.parametrize("form", ["plain", "original", "batch", "fraction"])
@pytest.mark.parametrize("depth", [201, 400, 700, 900, 960, 990, 1100, 5000])
def test_json_nested_too_deep_is_400_however_deep(depth: int, form: str) -> None:
    inner = "1e300" if form == "fraction" else ""
    data = '{"body":' + "[" * depth + inner + "]" * depth + "}"
    if form == "original":
        body = json.dumps({"Topic": "orders", "Payload": base64.b64encode(data.encode()).decode()})
    else:
        body = '{"topic":"orders","data":' + data + "}"
    answer = post(f"[{body}]".encode() if form == "batch" else body.encode())
    problem = answer.json["results"][0]["problem"] if "results" in answer.json else answer.json
    assert problem["status"] == 400
    assert "nested" in problem["detail"]


def test_event_over_its_limit_is_413(settings: Settings) -> None:
    settings.SWITCH_EVENT_MAX_BYTES = 20
    answer = post(PLAIN)
    assert answer.status == 413
    assert "more than the 20 bytes" in answer.detail


def test_same_key_with_another_content_is_409_and_names_the_event() -> None:
    first = post(PLAIN, **{"Idempotency-Key": "k"})
    again = post(PLAIN, **{"Idempotency-Key": "k"})
    assert again.json == first.json | {"duplicate": True}
    conflict = post(PLAIN | {"data": {}}, **{"Idempotency-Key": "k"})
    assert (conflict.status, conflict.json["event"]) == (409, first.json["id"])
    assert "'k'" in conflict.detail
    assert post(PLAIN | {"data": {}, "id": "own"}, **{"Idempotency-Key": "k"}).status == 202


@pytest.mark.parametrize("member", ["idempotency_key", "ID", "key"])
def test_member_that_is_not_known_is_ignored_and_no_key(member: str) -> None:
    answers = [post(PLAIN | {member: "k"}) for _ in range(2)]
    assert [(answer.status, answer.json["duplicate"]) for answer in answers] == [(202, False)] * 2
    assert not Event.objects.filter(idempotency_key__isnull=False).exists()


def test_original_form_takes_its_key_from_the_header_alone() -> None:
    original = {"Topic": "orders", "Payload": base64.b64encode(b"{}").decode(), "id": "ignored"}
    answers = [post(original, **headers) for headers in ({}, {}, {"Idempotency-Key": "k"}, {"Idempotency-Key": "k"})]
    assert [answer.json["duplicate"] for answer in answers] == [False, False, False, True]


@pytest.mark.parametrize("path", ["/publish", "/healthz"])
def test_other_methods_are_405(path: str) -> None:
    answer = Answer(Client().put(path, headers={"Authorization": f"Bearer {PublisherToken.issue('shop')}"}))
    assert answer.status == 405
    assert "PUT" in answer.detail


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/publish", "POST"), ("/refresh", "GET, HEAD"), ("/healthz", "GET, HEAD"), ("/metrics", "GET, HEAD")],
)
def test_options_is_no_method_of_any_address(path: str, allowed: str) -> None:
    headers = {"Authorization": f"Bearer {PublisherToken.issue('shop')}", "Accept": "text/html"}
    answer = Answer(Client().options(path, headers=headers))
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)
    assert "OPTIONS" in answer.detail


def test_event_is_told_to_its_author_and_to_nobody_else() -> None:
    subscribe(name="ledger", target_url="http://127.0.0.1:9/secret-path")
    identifier = post(PLAIN).json["id"]
    answer = get(f"/events/{identifier}")
    assert answer.status == 200
    assert (answer.json["id"], answer.json["matched"], answer.json["states"]) == (identifier, 1, {"pending": 1})
    (delivery,) = answer.json["deliveries"]
    assert (delivery["subscriber"], delivery["state"], delivery["attempts"]) == ("ledger", "pending", 0)
    assert "secret-path" not in json.dumps(answer.json)
    assert get(f"/events/{identifier}", author="mill").status == 404
    assert "no such event of yours" in get(f"/events/{uuid4()}").detail


def test_refresh_makes_what_plain_sql_wrote_known() -> None:
    before = matching.newest().version
    answer = get("/refresh")
    assert answer.status == 200
    assert matching.newest().version == before + 1


def test_ids_of_events_are_uuids_in_the_order_of_publishing() -> None:
    identifiers = [UUID(post(PLAIN).json["id"]) for _ in range(5)]
    assert identifiers == sorted(identifiers)
    assert {identifier.version for identifier in identifiers} == {7}


@pytest.mark.parametrize("is_batch", [False, True])
def test_a_cloudevent_may_have_an_attribute_named_topic(is_batch: bool) -> None:
    kind = "application/cloudevents-batch+json" if is_batch else "Application/CloudEvents+JSON; charset=utf-8"
    for source in ("/a", "/b"):
        event = {"specversion": "1.0", "id": "1", "source": source, "type": "orders", "topic": "kafka-x", "data": 1}
        answer = post([event] if is_batch else event, content_type=kind).json
        answer = answer["results"][0] if is_batch else answer
        assert (answer["topic"], answer["duplicate"]) == ("orders", False)
    assert {json.loads(each.payload)["cloudevent"]["topic"] for each in Event.objects.all()} == {"kafka-x"}


def test_what_is_declared_a_cloudevent_and_is_none_is_refused() -> None:
    assert post(PLAIN, content_type="application/cloudevents+json").status == 400
    assert not Event.objects.exists()
