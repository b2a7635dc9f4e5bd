"""Requests that come at the same moment."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from subscribers.models import Subscriber
from tests.dispatch.api.caller import Caller, machine
from tests.dispatch.client import Answer
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quiet_log")]

CALLERS = 4
NEW = {"topic": "orders", "target_url": "http://billing:8000/"}


def at_once(call: Callable[[int], Answer]) -> list[Answer]:
    barrier = Barrier(CALLERS)

    def begin(number: int) -> Answer:
        try:
            barrier.wait(30)
            return call(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(begin, range(CALLERS)))


@pytest.mark.parametrize(("headers", "fields"), [({"Idempotency_Key": "k"}, {}), ({}, {"name": "billing"})])
def test_the_same_create_makes_one_subscriber(headers: dict[str, str], fields: dict[str, str]) -> None:
    api = machine()
    answers = at_once(lambda number: api.post("subscribers", NEW | fields, **headers))
    assert Counter(answer.status for answer in answers) == {201: 1, 200: CALLERS - 1}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert Subscriber.objects.count() == 1


def test_the_same_request_under_a_key_makes_one_replay() -> None:
    api, dead = machine(), make_delivery(state="dead")
    asked = at_once(lambda number: api.post("replays", {"state": "dead"}, Idempotency_Key="many"))
    replayed = at_once(lambda number: api.post(f"deliveries/{dead.pk}/replay", Idempotency_Key="one"))
    for answers in (asked, replayed):
        assert Counter(answer.status for answer in answers) == {201: 1, 200: CALLERS - 1}
        assert len({answer.json["id"] for answer in answers}) == 1
    assert dead.replays.count() == 1


def test_of_changes_to_what_all_have_seen_one_holds() -> None:
    api, subscriber = machine(), make_subscriber()
    path = f"subscribers/{subscriber.pk}"
    etag = api.get(path).headers["ETag"]
    answers = at_once(lambda number: api.patch(path, {"name": f"name {number}"}, If_Match=etag))
    assert Counter(answer.status for answer in answers) == {200: 1, 412: CALLERS - 1}
    kept = next(answer.json["name"] for answer in answers if answer.status == 200)
    assert Caller(api.token).get(path).json["name"] == kept
