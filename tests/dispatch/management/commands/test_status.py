"""`manage.py status`: the last hour from the counters, what waits and who fails; plain where it is piped."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rich.console import Console

from dispatch.glance import glance
from dispatch.management.commands.status import screen
from dispatch.models import AttemptCounter, Consumer, DelayCounter, EventCounter, Health
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db


def told() -> str:
    output = StringIO()
    call_command("status", stdout=output)
    return output.getvalue()


@pytest.fixture
def busy() -> None:
    now = timezone.now()
    minute = now.replace(second=0, microsecond=0)
    billing, crm = make_subscriber(name="billing"), make_subscriber(name="crm")
    make_subscriber(state="paused")
    for ago, events in ((1, 40), (30, 20), (90, 1_000)):
        at = minute - timedelta(minutes=ago)
        EventCounter.objects.create(minute=at, topic="orders", author="shop", events=events, deliveries=events * 2)
    for subscriber, result, count in ((billing, "200", 90), (crm, "503", 7), (crm, "connect", 3)):
        AttemptCounter.objects.create(
            minute=minute, topic="orders", subscriber=subscriber, result=result, bucket=2, count=count
        )
    for bucket, count in ((2, 98), (6, 2)):
        DelayCounter.objects.create(minute=minute, topic="orders", bucket=bucket, count=count)
    Health.objects.create(subscriber=crm, breaker="open", cause="failures", open_until=now + timedelta(minutes=1))
    Consumer.objects.create(host="node", process_id=17, queue="embedded", concurrency=256, in_flight=3, delivered=90)
    make_delivery(billing, due_at=timedelta(seconds=-5))
    make_delivery(crm, state="held", reason="breaker")


def test_piped_it_is_written_once_as_plain_lines(busy: None) -> None:
    shown = told()
    assert "\x1b" not in shown
    assert "events     60 in the last hour" in shown
    assert "deliveries 120 made, 100 tries, 90.0% of them arrived" in shown
    assert "latency    p50 within 25 ms, p99 within 500 ms" in shown
    assert re.search(r"waiting    1 pending, 0 claimed, 1 held; the oldest due for \d+ s\n", shown)
    assert "consumer   node:17  3 of 256 in flight, 90 delivered" in shown
    assert "breaker    crm: open, it kept failing" in shown
    assert "paused     1 subscriber\n" in shown
    assert [line for line in shown.splitlines() if line.startswith("failing")] == [
        "failing    crm: 503, 7 times",
        "failing    crm: connect, 3 times",
    ]


def test_an_empty_hub_says_what_to_do() -> None:
    shown = told()
    assert shown.startswith("trouble    No consumer is alive, so nothing is delivered.")
    assert "latency    p50 —, p99 —" in shown
    assert "none is overdue" in shown


def test_a_hub_that_delivers_to_all_is_healthy(busy: None) -> None:
    Health.objects.all().delete()
    assert told().startswith("healthy ")


def test_a_screen_shows_the_failures_as_a_table(busy: None) -> None:
    console = Console(file=StringIO(), width=100, force_terminal=True)
    console.print(screen(glance(timezone.now())))
    shown = console.file.getvalue()  # type: ignore[attr-defined] # it is the StringIO
    assert "some subscribers are left alone" in shown
    assert "healthy" not in shown
    assert "│ crm" in shown
    assert "█" in shown


def test_a_glance_asks_little(busy: None, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_max_num_queries(18):
        glance(timezone.now())
