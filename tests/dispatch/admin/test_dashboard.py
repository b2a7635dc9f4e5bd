"""The admin's first page: its figures, charts and consumers, who may see it, and what it asks the database."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dispatch.models import Health, Lease
from tests.dispatch.admin.board import make_consumer, shown
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.dashboard.counters import QUICK, arrived_within, published, tried
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("time_enough")]

#: Of the session and the user two, the others are the dashboard's own.
MOST_QUERIES = 40
#: By a process that remembers nothing of the past, given all the time.
MOST_QUERIES_AT_FIRST = 190


def test_each_time_has_a_place_for_the_readers_own(admin_client: Client) -> None:
    make_consumer()
    subscriber = make_subscriber(name="billing")
    open_until = timezone.now() + timedelta(minutes=1)
    health = Health.objects.create(
        subscriber=subscriber, breaker="open", cause="failures", open_until=open_until, failing_since=timezone.now()
    )
    make_delivery(subscriber, state="held", reason="breaker")
    make_delivery(subscriber, state="dead", reason="exhausted", last_status=500)
    tried(timedelta(minutes=3), subscriber, "500", 4)
    text = shown(admin_client).content.decode()
    board = text[text.index('class="board-headline') :]
    for part in ("failures", "dead", "held", "breakers", "consumers"):
        section = board[board.index(f'id="{part}"') :].split("</section>")[0]
        assert "<time datetime=" in section, part
    assert (
        f'<time datetime="{health.open_until.isoformat()}" title="{health.open_until:%Y-%m-%d %H:%M:%S} UTC"' in board
    )


def test_what_is_dead_is_counted_and_leads_to_the_list(admin_client: Client) -> None:
    make_delivery(state="dead", reason="exhausted", settled_at=timedelta(days=-3))
    make_delivery(state="dead", reason="exhausted", settled_at=timedelta(minutes=-3))
    make_delivery(state="cancelled")
    [(_, figure, meaning, url)] = [tile for tile in shown(admin_client).context["tiles"] if tile[0] == "Dead"]
    assert (figure, meaning) == ("2", "given up, 1 of them in the last hour")
    assert len(admin_client.get(url).context["cl"].result_list) == 2


def test_consumers_are_told_with_what_they_do(admin_client: Client) -> None:
    consumer = make_consumer(in_flight=12)
    Lease.objects.create(name="pruner", owner=consumer.pk, until=timezone.now() + timedelta(minutes=1))
    make_consumer(process_id=8, beat_at=timezone.now() - timedelta(minutes=5))
    first, second = shown(admin_client).context["workers"]
    assert (first["state"][1], first["in_flight"], first["tasks"]) == ("works", "12 of 256", "pruner")
    assert second["state"][1] == "no sign of life"


def test_every_chart_has_its_numbers_beside_it(admin_client: Client) -> None:
    published(timedelta(minutes=5), events=1234, deliveries=4321)
    tried(timedelta(minutes=5), make_subscriber(), "200", 77)
    arrived_within(timedelta(minutes=5), QUICK, 77)
    page = shown(admin_client)
    text = page.content.decode()
    assert [chart.key for chart in page.context["charts"]] == ["events", "deliveries", "tries", "latency"]
    assert text.count("<svg viewBox") == text.count("The numbers</summary>") == 4
    for number in ("1,234", "4,321", "77", "≤ 10 ms"):
        assert f'<td class="board-number">{number}</td>' in text
    assert "style=" not in text[text.index('class="board"') :]


def test_a_day_may_be_chosen_and_nonsense_is_an_hour(admin_client: Client) -> None:
    published(timedelta(hours=5), events=8, deliveries=8)
    assert "8" in str(shown(admin_client, span="day").context["tiles"][0])
    assert shown(admin_client, span="' OR 1").context["span"] == "hour"


def test_the_fragment_is_the_dashboard_alone(admin_client: Client) -> None:
    answer = admin_client.get(reverse("dashboard_fragment"), {"span": "day"})
    text = answer.content.decode()
    assert "board-headline" in text
    assert "<html" not in text
    assert 'aria-current="page">Last day' in text


@pytest.mark.parametrize("role", ["viewer", "operator", None])
def test_who_may_see_no_deliveries_gets_the_list_of_apps(client: Client, role: str | None) -> None:
    user = User.objects.create_user("somebody", is_staff=True)
    if role:
        user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    make_delivery(state="dead", reason="exhausted")
    text = shown(client).content.decode()
    assert ("board-headline" in text) == (role is not None)
    assert ("Replay these" in text) == (role == "operator")
    assert client.get(reverse("dashboard_fragment")).status_code == (200 if role else 403)


@pytest.mark.parametrize("span", ["hour", "day"])
def test_the_dashboard_asks_a_bounded_number_of_questions(
    admin_client: Client, span: str, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        delivery = make_delivery(state="dead", reason="exhausted", attempts=1)
        make_attempt(delivery)
        make_delivery(make_subscriber(), state="held", reason="paused")
        make_consumer()
        tried(timedelta(minutes=3), delivery.subscriber, "500", 1)
    with django_assert_max_num_queries(MOST_QUERIES_AT_FIRST):
        shown(admin_client, span=span)
    with django_assert_max_num_queries(MOST_QUERIES):
        shown(admin_client, span=span)
