"""Jobs of the original, `[url, filter, payload in base64]`, become deliveries."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from dispatch.identifiers import new_id
from dispatch.ledger.claiming import claim_named
from dispatch.ledger.examining import miscounted_events
from dispatch.legacy import ADOPTED_TOPIC, adopt
from dispatch.models import Delivery, Event
from dispatch.queues.base import Job
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_subscriber, take

pytestmark = pytest.mark.django_db

URL = "http://127.0.0.1:9/hook"
DATA = {"body": {"total": 150}, "http_method": "PUT"}


def encoded(data: object) -> str:
    return base64.b64encode(json.dumps(data).encode()).decode()


def a_job(url: str = URL, expression: str = "", payload: str | None = None, job_id: str = "job-of-old") -> Job:
    return Job(id=job_id, legacy=(url, expression, encoded(DATA) if payload is None else payload))


def adopted(job: Job) -> Delivery:
    [delivery_id] = adopt(job).deliveries
    return Delivery.objects.get(pk=delivery_id)


def test_an_adopted_job_points_at_a_due_delivery_and_keeps_its_id() -> None:
    job = adopt(a_job())
    assert (job.id, job.legacy) == ("job-of-old", None)
    [work] = take(new_id(), [job])
    assert work.request is not None
    assert (work.request.method, work.request.url, work.request.body) == ("PUT", URL, b'{"total":150}')
    assert work.job == job


def test_a_job_is_adopted_once_however_often_it_comes() -> None:
    assert adopt(a_job()) == adopt(a_job())
    assert (Delivery.objects.count(), Event.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_processes_that_meet_one_unknown_url_at_once_share_what_stands_for_it() -> None:
    urls = [f"{URL}/{number * 10**length}" for number, length in product(range(1, 11), (0, 100))]
    side_by_side = Barrier(4, timeout=15)

    def adopt_all(process: int) -> None:
        try:
            for url in urls:
                side_by_side.wait()
                adopt(a_job(url, job_id=f"{process} {url}"))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(adopt_all, range(4)))
    assert Delivery.objects.count() == 80
    assert sorted(Subscriber.objects.values_list("target_url", flat=True)) == sorted(urls)


def test_jobs_with_other_ids_are_other_deliveries() -> None:
    assert adopted(a_job()).pk != adopted(a_job(job_id="another-job")).pk


def test_a_retried_job_is_claimed_with_its_failures() -> None:
    job = adopt(a_job()._replace(failures=3))
    assert [work.claim.failures for work in take(new_id(), [job])] == [3]


def test_it_belongs_to_the_subscriber_it_was_made_for() -> None:
    make_subscriber(target_url=URL, filter_expression="False")
    exact = make_subscriber(target_url=URL, filter_expression="True", topic="invoices")
    delivery = adopted(a_job(expression="True"))
    assert delivery.subscriber == exact
    assert delivery.event.topic == "invoices"


def test_an_event_never_has_a_pattern_as_its_topic() -> None:
    subscriber = make_subscriber(topic="order.*", target_url=URL)
    delivery = adopted(a_job())
    assert (delivery.subscriber, delivery.event.topic) == (subscriber, ADOPTED_TOPIC)


def test_a_filter_that_was_edited_since_is_still_the_same_subscriber() -> None:
    subscriber = make_subscriber(target_url=URL, filter_expression="False")
    assert adopted(a_job(expression="True")).subscriber == subscriber


def test_one_stand_in_serves_all_jobs_for_an_unknown_url() -> None:
    first, second = adopted(a_job()), adopted(a_job(job_id="another-job"))
    assert first.subscriber == second.subscriber
    stand_in = first.subscriber
    assert (stand_in.topic, stand_in.target_url) == (ADOPTED_TOPIC, URL)
    assert stand_in.filter_expression == "False"  # nothing that is published goes there


def test_a_deleted_subscriber_is_not_revived() -> None:
    gone = make_subscriber(target_url=URL)
    Subscriber.objects.filter(pk=gone.pk).delete()
    assert adopted(a_job()).subscriber != gone


def test_a_name_that_is_taken_hinders_nothing() -> None:
    make_subscriber(name=f"adopted: {URL}", target_url="http://elsewhere/")
    assert adopted(a_job()).subscriber.name == ""


@pytest.mark.parametrize(
    ("expression", "state", "reason"),
    [
        pytest.param("", "pending", "", id="none"),
        pytest.param('data["body"]["total"] > 100', "pending", "", id="holds"),
        pytest.param('data["body"]["total"] > 200', "cancelled", "unmatched", id="does not hold"),
        pytest.param('data["nothing"]', "cancelled", "unmatched", id="unknown"),
    ],
)
def test_the_jobs_own_filter_decides(expression: str, state: str, reason: str) -> None:
    delivery = adopted(a_job(expression=expression))
    assert (delivery.state, delivery.reason) == (state, reason)
    assert delivery.event.matched == 1
    assert miscounted_events(timezone.now()) == 0


def test_a_payload_that_cannot_be_used_is_kept() -> None:
    payload = encoded({"http_method": "OPTIONS", "body": {"total": 150}})
    assert json.loads(adopted(a_job(payload=payload)).event.payload) == {"unusable_payload": payload}
    assert json.loads(adopted(a_job(payload="%\x00%", job_id="other")).event.payload)["unusable_payload"]


@pytest.mark.parametrize(
    ("job", "says"),
    [
        pytest.param(a_job(expression="import os"), "filter does not compile", id="filter"),
        pytest.param(a_job(expression='data["\x00"'), "filter does not compile", id="filter with NUL"),
        pytest.param(a_job(payload="%%%"), "payload cannot be used", id="no base64"),
        pytest.param(a_job(payload=base64.b64encode(b"{").decode()), "payload cannot be used", id="no JSON"),
        pytest.param(a_job(payload=encoded([1])), "payload cannot be used", id="no object"),
        pytest.param(a_job(payload=encoded({"http_method": "BREW"})), "payload cannot be used", id="unknown method"),
        pytest.param(a_job(url=""), "URL cannot be used", id="no URL"),
        pytest.param(a_job(url="ftp://a/"), "URL cannot be used", id="another scheme"),
        pytest.param(a_job(url="http://a/\x00"), "URL cannot be used", id="URL with NUL"),
        pytest.param(a_job(url="http://a/" + "x" * 3000), "URL cannot be used", id="URL too long"),
    ],
)
def test_a_job_that_cannot_be_used_is_dead_with_its_reason(job: Job, says: str) -> None:
    delivery = adopted(job)
    assert (delivery.state, delivery.reason) == ("dead", "permanent")
    assert says in delivery.last_error
    assert delivery.settled_at is not None
    assert claim_named(new_id(), [delivery.pk], delivery.settled_at) == []
