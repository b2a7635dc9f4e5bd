"""What Prometheus reads, read back by Prometheus' own parser."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from dispatch.counting import Folder, fold_attempts
from dispatch.identifiers import new_id
from dispatch.ledger.counting import add_to_totals, newest_attempt
from dispatch.metrics import ANSWERS, COUNTERS, exposition
from dispatch.models import Attempt, Consumer, Health
from dispatch.models.counter import BUCKET_BOUNDS_MS
from tests.dispatch.ledger.rows import make_deliveries, make_delivery, make_event, make_subscriber
from tests.dispatch.replays.carrying import make_past_event
from tests.docs.commands import page

pytestmark = pytest.mark.django_db


def scraped() -> dict[tuple[str, ...], float]:
    """Value by name and label values."""
    families = text_string_to_metric_families(exposition().decode())
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def test_a_new_hub_has_every_metric_that_needs_no_history() -> None:
    found = scraped()
    assert found["switch_events_accepted_total",] == 0
    assert found["switch_oldest_due_seconds",] == 0
    assert found["switch_deliveries_waiting", "pending"] == found["switch_deliveries_waiting", "held"] == 0
    assert found["switch_consumers",] == found["switch_breakers", "open"] == 0
    assert found["switch_publish_seconds_count",] == 0


def test_every_value_of_a_label_that_is_known_begins_at_zero() -> None:
    found = scraped()
    values = {each.metric: each.known for each in COUNTERS if each.label}
    assert {*values} == {"switch_attempts", "switch_deliveries_settled", "switch_publish_answers", "switch_reconciled"}
    for metric, known in values.items():
        assert {value: found.get((f"{metric}_total", value)) for value in known} == dict.fromkeys(known, 0)
    assert found["switch_attempts_total", "connect_timeout"] == found["switch_attempts_total", "5xx"] == 0
    assert found["switch_reconciled_total", "forgotten_by_broker"] == 0


def test_a_value_that_nobody_knew_of_comes_beside_the_known_ones() -> None:
    add_to_totals({("answers", "418"): 2, ("answers", "202"): 3})
    found = scraped()
    assert (found["switch_publish_answers_total", "418"], found["switch_publish_answers_total", "202"]) == (2, 3)
    assert found["switch_publish_answers_total", "503"] == 0


def test_every_status_of_a_publish_that_the_docs_list_is_known() -> None:
    listed = set(re.findall(r"^\| (\d{3}) \|", page("publishing.md"), re.M))
    assert listed
    assert listed <= {*ANSWERS}


def test_what_was_counted_comes_out() -> None:
    make_past_event(timedelta(minutes=1), matched=3)
    delivery = make_delivery(created_at=timedelta(seconds=-2), event=make_event(received_at=timedelta()))
    for number, status in enumerate((500, 200), 1):
        Attempt.objects.create(
            delivery=delivery,
            number=number,
            started_at=timezone.now(),
            method="POST",
            url="",
            status=status,
            total_ms=7.0,
        )
    Folder().fold()
    fold_attempts(newest_attempt())
    found = scraped()
    assert found["switch_events_accepted_total",] == 1
    assert found["switch_deliveries_created_total",] == 3
    assert found["switch_attempts_total", "2xx"] == found["switch_attempts_total", "5xx"] == 1
    assert found["switch_attempt_seconds_bucket", "0.01"] == found["switch_attempt_seconds_count",] == 2
    assert found["switch_delivery_seconds_bucket", "1.0"] == 0
    assert found["switch_delivery_seconds_bucket", "2.5"] == found["switch_delivery_seconds_count",] == 1


def test_a_histogram_is_cumulative_and_ends_with_all() -> None:
    add_to_totals({("publish_milliseconds", str(place)): 1 for place in range(len(BUCKET_BOUNDS_MS) + 1)})
    found = scraped()
    counts = [value for name, value in found.items() if name[0] == "switch_publish_seconds_bucket"]
    assert counts == list(range(1, len(BUCKET_BOUNDS_MS) + 2))
    assert found["switch_publish_seconds_bucket", "+Inf"] == found["switch_publish_seconds_count",] == len(counts)


def test_gauges_tell_the_state_of_now() -> None:
    make_deliveries(3, due_at=timezone.now() - timedelta(seconds=90))
    make_delivery(state="held", reason="paused")
    paused = make_subscriber(topic="p", state="paused")
    Health.objects.create(subscriber=paused, breaker="open", open_until=timezone.now())
    Consumer.objects.create(pk=new_id(), host="a", process_id=1, queue="embedded", concurrency=8, in_flight=5)
    Consumer.objects.create(
        pk=new_id(), host="b", process_id=2, queue="embedded", concurrency=8, in_flight=9,
        beat_at=timezone.now() - timedelta(hours=1),
    )  # fmt: skip
    found = scraped()
    assert found["switch_deliveries_waiting", "pending"] == 3
    assert found["switch_deliveries_waiting", "held"] == 1
    assert 90 <= found["switch_oldest_due_seconds",] < 150
    assert (found["switch_consumers",], found["switch_in_flight",]) == (1, 5)
    assert found["switch_breakers", "open"] == 1
    assert (found["switch_subscribers", "paused"], found["switch_subscribers", "active"]) == (1, 2)
