"""Publishes of several requests in one transaction: each has the answer that it would have had alone."""

import json
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from django.http.response import HttpResponseBase
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dispatch import gathering
from dispatch.gathering import GATHERS, AwaitingResponse, store
from dispatch.ledger.dialect import is_postgres
from dispatch.models import Delivery, Event
from dispatch.publishing import NewEvent, accept
from dispatch.tokens import PublisherToken
from subscribers import matching
from tests.dispatch.client import PLAIN, Answer, subscribe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]


def begun(body: Any, author: str = "shop", **headers: str) -> HttpResponseBase:
    """What the view leaves to a server that gathers."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {PublisherToken.issue(author)}"} | headers
    response: HttpResponseBase = Client().generic("POST", "/publish", data, headers=headers, **{GATHERS: True})
    return response


def answers(*responses: HttpResponseBase) -> list[Answer]:
    return [Answer(response) for response in store(responses)]


def test_nothing_is_stored_before_the_group_is() -> None:
    subscribe()
    response = begun(PLAIN)
    assert isinstance(response, AwaitingResponse)
    assert not Event.objects.exists()
    (answer,) = answers(response)
    event = Event.objects.get()
    assert (answer.status, answer.json) == (
        202,
        {"id": str(event.pk), "topic": "orders", "matched": 1, "duplicate": False},
    )
    assert answer.headers["Content-Type"] == "application/json"


def test_a_group_is_stored_in_one_transaction(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    subscribe()
    matching.newest()
    responses = [begun(PLAIN), begun([PLAIN, PLAIN]), begun(PLAIN, author="mill")]
    # Savepoint, events, deliveries, release; Postgres writes both by one statement.
    with django_assert_num_queries(3 if is_postgres() else 4):
        found = answers(*responses)
    assert [answer.status for answer in found] == [202, 202, 202]
    assert len(found[1].json["results"]) == 2
    ids = [found[0].json["id"], *[result["id"] for result in found[1].json["results"]], found[2].json["id"]]
    assert [str(event.pk) for event in Event.objects.order_by("id")] == ids
    assert [event.author for event in Event.objects.order_by("id")] == ["shop", "shop", "shop", "mill"]
    assert Delivery.objects.count() == 4


def test_what_is_wrong_with_one_spoils_no_other() -> None:
    (first,) = answers(begun(PLAIN | {"id": "used"}))
    found = answers(
        begun(PLAIN),
        begun(b"{"),
        begun(PLAIN | {"id": "used", "data": {}}),
        begun([PLAIN | {"id": "used", "data": {}}, {}, PLAIN]),
        begun([{}]),
        begun(PLAIN | {"id": "used"}),
        begun(PLAIN),
    )
    assert [answer.status for answer in found] == [202, 400, 409, 202, 202, 202, 202]
    assert found[2].json["event"] == first.json["id"]
    assert [result.get("problem", {}).get("status") for result in found[3].json["results"]] == [409, 400, None]
    assert found[4].json["results"][0]["problem"]["status"] == 400
    assert found[5].json == first.json | {"duplicate": True}
    assert Event.objects.count() == 4


def test_the_same_key_twice_in_a_group_is_stored_once() -> None:
    first, again, conflict = answers(
        begun(PLAIN | {"id": "k"}), begun(PLAIN | {"id": "k"}), begun(PLAIN | {"id": "k", "data": {}})
    )
    assert again.json == first.json | {"duplicate": True}
    assert conflict.status == 409
    assert Event.objects.count() == 1


def test_a_database_that_does_not_answer_is_told_to_each(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def away(events: list[NewEvent]) -> Any:
        asked.append(len(events))
        raise OperationalError("away")

    monkeypatch.setattr(gathering, "accept", away)
    found = answers(begun(PLAIN), begun([PLAIN, PLAIN]), begun(b"{"))
    assert [answer.status for answer in found] == [503, 503, 400]
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in found[:2])
    assert "same Idempotency-Key" in found[0].detail
    assert asked == [3], "one wait for all of them"


def test_one_that_the_database_refuses_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def picky(events: list[NewEvent]) -> Any:
        if any(event.topic == "bad" for event in events):
            raise IntegrityError("no")
        return accept(events)

    monkeypatch.setattr(gathering, "accept", picky)
    found = answers(begun(PLAIN), begun(PLAIN | {"topic": "bad"}), begun(PLAIN))
    assert [answer.status for answer in found] == [202, 500, 202]
    assert "no" not in found[1].detail.split()
    assert Event.objects.count() == 2
