"""Large events wait for room, are read in portions, and wait for no longer than their claims are good for."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from dispatch.consumer import reading
from dispatch.consumer.feeding import Feeder
from dispatch.consumer.flow import Flow
from dispatch.consumer.freight import MAX_BYTES
from dispatch.consumer.reading import Reader
from dispatch.consumer.work import LATE_AFTER, Work
from dispatch.ledger.claiming import LEASE
from dispatch.ledger.loading import LARGE_BYTES
from dispatch.verdicts import Act, Verdict
from tests.dispatch.consumer.test_freight import works
from tests.dispatch.ledger.rows import job_for, make_delivery, make_event, make_subscriber

pytestmark = pytest.mark.django_db


def unread(subscriber_id: int, claimed_ago: timedelta) -> Work:
    [work] = works(MAX_BYTES, subscriber_id)
    return replace(work, claim=work.claim._replace(lease_until=timezone.now() + LEASE - claimed_ago))


def test_what_finds_no_room_is_held_after_a_while_and_let_go_once_its_lease_is_over() -> None:
    flow = Flow(100)
    flow.freight.load(works(MAX_BYTES, 9))
    fresh, late, lost = unread(1, timedelta()), unread(2, LATE_AFTER), unread(3, LEASE)
    flow.take([fresh, late, lost])
    reader = Reader(flow)
    reader.keep([fresh, late, lost])
    reader.read()
    assert flow.wait_for_done(10, 0) == [late]
    assert late.verdict == Verdict(Act.HOLD, "capped")
    assert list(flow.held) == [2]
    assert flow.in_hand() == {fresh.claim.delivery_id, late.claim.delivery_id}
    assert flow.is_unsure.is_set()
    assert reader.is_busy
    assert fresh.is_unread


def test_a_large_event_that_had_no_room_is_read_though_the_consumer_was_told_to_be_quiet(feeder: Feeder) -> None:
    feeder.flow.is_stopping.set()  # waits for nothing
    payload = json.dumps({"body": "x" * (LARGE_BYTES + 1)})
    subscriber = make_subscriber()
    deliveries = [make_delivery(subscriber, make_event(payload=payload, size=len(payload))) for _ in range(2)]
    feeder.flow.freight.max_bytes = len(payload) + 1
    assert feeder._take([job_for(delivery) for delivery in deliveries])
    feeder.reader.read()
    [first] = feeder.flow.ready()
    feeder.flow.is_quiet.set()
    feeder.flow.release([first])
    feeder._feed()
    [second] = feeder.flow.ready()
    assert {first.claim.delivery_id, second.claim.delivery_id} == {delivery.pk for delivery in deliveries}
    assert not feeder.reader.is_busy


def test_large_events_are_read_in_portions_with_what_is_fetched_between_them(
    feeder: Feeder, monkeypatch: pytest.MonkeyPatch
) -> None:
    payload = json.dumps({"body": "x" * (LARGE_BYTES + 1)})
    monkeypatch.setattr(reading, "PORTION_BYTES", 2 * len(payload))
    subscriber = make_subscriber()
    large = [make_delivery(subscriber, make_event(payload=payload, size=len(payload))) for _ in range(5)]
    assert feeder._take([job_for(delivery) for delivery in large])
    small = make_delivery(subscriber)
    monkeypatch.setattr(feeder.queue, "fetch", lambda limit, wait_seconds: [job_for(small)])
    feeder._feed()
    ready = [work.claim.delivery_id for work in feeder.flow.ready()]
    assert len(ready) == 3
    assert ready[-1] == small.pk
    assert [feeder.reader.read(), feeder.reader.read()] == [True, False]
    assert {*ready, *(work.claim.delivery_id for work in feeder.flow.ready())} == {each.pk for each in [*large, small]}


def test_a_quiet_consumer_reads_portion_after_portion(feeder: Feeder, monkeypatch: pytest.MonkeyPatch) -> None:
    payload = json.dumps({"body": "x" * (LARGE_BYTES + 1)})
    monkeypatch.setattr(reading, "PORTION_BYTES", 1)
    deliveries = [make_delivery(make_subscriber(), make_event(payload=payload, size=len(payload))) for _ in range(3)]
    assert feeder._take([job_for(delivery) for delivery in deliveries])
    feeder._read_on()
    assert len(feeder.flow.ready()) == 3
