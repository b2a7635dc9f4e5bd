"""Publishing a list of events."""

import pytest
from pytest_django import Settings

from dispatch import publications
from dispatch.models import Event
from dispatch.tokens import PublisherToken
from tests.dispatch.client import PLAIN, post
from tests.dispatch.ledger.rows import make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]


def test_batch_answers_item_by_item_and_a_bad_one_spoils_nothing(settings: Settings) -> None:
    settings.SWITCH_EVENT_MAX_BYTES = 100
    token = str(PublisherToken.issue("shop", ["orders"]))
    post(PLAIN | {"id": "used"}, token=token)
    items = [
        PLAIN,
        {"topic": "orders"},
        PLAIN | {"topic": "invoices"},
        PLAIN | {"data": {"body": "x" * 100}},
        PLAIN | {"id": "used", "data": {}},
        PLAIN | {"id": "used"},
        PLAIN,
    ]
    answer = post(items, token=token)
    results = answer.json["results"]
    assert (answer.status, len(results)) == (202, 7)
    assert [result.get("problem", {}).get("status") for result in results] == [None, 400, 403, 413, 409, None, None]
    assert [result.get("duplicate") for result in results] == [False, None, None, None, None, True, False]
    assert results[1]["problem"]["place"] == "payload"
    assert Event.objects.count() == 3


def test_header_is_a_prefix_to_the_index_of_a_batch_item() -> None:
    first = post([PLAIN, PLAIN, PLAIN | {"id": "own"}], **{"Idempotency-Key": "k"}).json["results"]
    again = post([PLAIN, PLAIN, PLAIN | {"id": "own"}, PLAIN], **{"Idempotency-Key": "k"}).json["results"]
    assert len({result["id"] for result in first}) == 3
    assert again[:3] == [result | {"duplicate": True} for result in first]
    assert again[3]["duplicate"] is False


def test_empty_batch_has_no_results() -> None:
    assert post([]).json == {"results": []}


def test_batch_of_bad_items_only_is_answered_item_by_item() -> None:
    answer = post([1, {}])
    assert (answer.status, [result["problem"]["status"] for result in answer.json["results"]]) == (202, [400, 400])


def test_every_event_of_a_large_batch_is_matched_by_its_own_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publications, "KEPT_READ", 50)
    make_subscriber(filter_expression='data["body"]["total"] == 120.50')
    items = [PLAIN | {"data": {"body": {"total": total}}} for total in (120.5, 1, 120.5, 2, 120.5)]
    answer = post(items)
    assert [result["matched"] for result in answer.json["results"]] == [1, 0, 1, 0, 1]
