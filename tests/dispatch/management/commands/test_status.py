"""`manage.py status`: judged as the dashboard judges, with who fails and what waits; plain where it is piped."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from rich.console import Console

from dispatch.dashboard.headline import Trouble
from dispatch.dashboard.overview import overview
from dispatch.management.commands import status
from dispatch.management.commands.status import look, screen
from dispatch.models import Alert, Consumer, Health
from tests.dispatch.dashboard.counters import arrived_within, published, tried
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db

LATELY = timedelta(minutes=2)
UP_TO_25_MS, UP_TO_500_MS = 2, 6


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, the past is added up with the first look."""
    monkeypatch.setattr(status, "ADDING_UP_SECONDS", 60.0)


def told() -> str:
    output = StringIO()
    call_command("status", stdout=output)
    return output.getvalue()


def labelled(label: str) -> list[str]:
    """The lines that begin so."""
    return [line for line in told().splitlines() if line.startswith(label)]


def make_consumer(process_id: int = 17) -> Consumer:
    return Consumer.objects.create(
        host="node", process_id=process_id, queue="embedded", concurrency=256, in_flight=3, delivered=90
    )


@pytest.fixture
def busy() -> None:
    now = timezone.now()
    billing, crm = make_subscriber(name="billing"), make_subscriber(name="crm")
    make_subscriber(state="paused")
    for minutes, events in ((2, 40), (30, 20), (90, 1_000)):
        published(timedelta(minutes=minutes), events, events * 2)
    tried(LATELY, billing, "200", 90)
    tried(LATELY, crm, "503", 7)
    tried(LATELY, crm, "connect", 3)
    arrived_within(LATELY, UP_TO_25_MS, 98)
    arrived_within(LATELY, UP_TO_500_MS, 2)
    Health.objects.create(subscriber=crm, breaker="open", cause="failures", open_until=now + timedelta(minutes=1))
    make_consumer()
    make_delivery(billing, due_at=timedelta(seconds=-5))
    make_delivery(billing, due_at=timedelta(hours=1))
    make_delivery(crm, state="held", reason="breaker")


def test_piped_it_is_written_once_as_plain_lines(busy: None) -> None:
    shown = told()
    assert "\x1b" not in shown
    assert re.search(r"events     60 since \d\d:\d\d UTC  [▁-█]+\n", shown)
    assert "deliveries 120 made, 100 tries, 90.00% arrived" in shown
    assert "latency    half ≤ 25 ms, 99% ≤ 500 ms" in shown
    assert re.search(
        r"waiting    1 due, 1 to be retried later, 0 being sent, 1 held; the oldest due for \d+ s\n", shown
    )
    assert "consumer   node:17  3 of 256 in flight, 90 delivered" in shown
    assert "breaker    crm: open, it kept failing" in shown
    assert "paused     1 subscriber\n" in shown
    assert labelled("failing") == [
        "failing    crm: 503 Service Unavailable, 7 tries",
        "failing    crm: no connection, 3 tries",
    ]


def test_it_finds_the_troubles_that_the_dashboard_finds(busy: None) -> None:
    Consumer.objects.all().delete()
    make_delivery(state="dead", reason="exhausted", settled_at=timedelta(minutes=-3))
    make_delivery(state="held", reason="broken")
    troubles = overview("hour", timezone.now(), 60.0, None).troubles
    assert len(troubles) == 5
    assert told().splitlines()[:5] == [_told(each) for each in troubles]


def _told(trouble: Trouble) -> str:
    return f"{'trouble' if trouble.is_grave else 'warning'}    {trouble.sentence}"


def test_a_limit_that_refuses_publishes_is_trouble(settings: Settings) -> None:
    settings.SWITCH_MAX_WAITING_DELIVERIES = 1
    make_consumer()
    make_delivery()
    assert "Publishes are refused. 1 deliveries or more wait to be sent" in labelled("trouble")[0]


def test_an_empty_hub_says_what_to_do() -> None:
    shown = told()
    assert shown.startswith("trouble    No consumer is alive, so nothing is delivered. Start one:")
    assert "latency    half —, 99% —" in shown
    assert "none is overdue" in shown


def test_a_hub_that_delivers_to_all_is_healthy() -> None:
    make_consumer()
    tried(LATELY, make_subscriber(), "200", 90)
    assert told().startswith("healthy    The hub is healthy: 1 consumer at work, 0 on their way, none overdue.\n")


def test_alerts_that_were_told_and_are_not_over_are_listed(settings: Settings) -> None:
    now = timezone.now()
    for sentence, told_at, ended_at in (("It is open.", now, None), ("It has begun.", None, None), ("Over.", now, now)):
        Alert.objects.create(
            key=sentence,
            kind="backlog",
            sentence=sentence,
            since=now,
            noticed_at=now,
            told_at=told_at,
            ended_at=ended_at,
        )
    assert labelled("alert") == [], "they go nowhere"
    settings.SWITCH_ALERT_WEBHOOK_URL = "http://127.0.0.1:9/"
    assert labelled("alert") == ["alert      It is open."]


def test_of_more_than_are_listed_the_number_is_told() -> None:
    for number in range(status.LISTED + 2):
        make_consumer(number)
        tried(LATELY, make_subscriber(name=f"crm {number}"), "503", 7)
    assert len(labelled("consumer")) == len(labelled("failing")) == status.LISTED + 1
    assert labelled("consumer")[-1] == "consumer   and 2 more"
    assert labelled("failing")[-1] == "failing    and 2 more"


def test_what_is_not_added_up_yet_is_told(busy: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "ADDING_UP_SECONDS", -1.0)
    assert "before are still being added up" in labelled("events")[0]


def test_a_screen_shows_the_failures_as_a_table(busy: None) -> None:
    console = Console(file=StringIO(), width=100, force_terminal=True)
    console.print(screen(look()))
    shown = console.file.getvalue()  # type: ignore[attr-defined] # it is the StringIO
    assert "crm is left alone" in shown
    assert "healthy" not in shown
    assert "│ crm" in shown
    assert "█" in shown


def test_a_look_asks_little(busy: None, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_max_num_queries(33):
        look()
    with django_assert_max_num_queries(27):
        look()
