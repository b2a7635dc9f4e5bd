"""The admin's first page: healthy or not, what flows, what fails, and where each of its links leads."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dispatch.admin import dashboard
from dispatch.models import Consumer, Health, Lease
from dispatch.models.delivery import HELD_REASONS
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.dashboard.counters import QUICK, arrived_within, published, tried
from tests.dispatch.ledger.rows import make_deliveries, make_delivery, make_subscriber

pytestmark = pytest.mark.django_db

#: Of the session and the user two, the others are the dashboard's own.
MOST_QUERIES = 40
#: By a process that remembers nothing of the past, given all the time.
MOST_QUERIES_AT_FIRST = 190


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, the past is added up with the first look."""
    monkeypatch.setattr(dashboard, "ADDING_UP_SECONDS", 60.0)


def make_consumer(**fields: Any) -> Consumer:
    given = {"host": "hub", "process_id": 7, "queue": "embedded", "concurrency": 256, "in_flight": 3, **fields}
    return Consumer.objects.create(**given)


def shown(client: Client, **query: str) -> Any:
    answer = client.get(reverse("admin:index"), query)
    assert answer.status_code == 200
    return answer


def troubles(client: Client) -> dict[str, str]:
    return dict(shown(client).context["troubles"])


def trouble(client: Client, part: str) -> str:
    """Where the trouble whose sentence holds `part` leads."""
    found = troubles(client)
    [place] = [place for sentence, place in found.items() if part in sentence] or [f"none of {list(found)}"]
    return place


def test_a_hub_at_work_is_healthy(admin_client: Client) -> None:
    make_consumer()
    page = shown(admin_client)
    assert page.context["troubles"] == []
    assert "The hub is healthy: 1 consumer at work, 0 on their way, none overdue." in page.content.decode()


def test_a_hub_without_a_consumer_says_so_first_and_how_to_mend_it(admin_client: Client) -> None:
    make_consumer(beat_at=timezone.now() - timedelta(minutes=5))
    tried(timedelta(minutes=2), make_subscriber(), "503", 30)
    page = shown(admin_client)
    sentence, place = page.context["troubles"][0]
    assert "No consumer is alive" in sentence
    assert "manage.py run_consumer" in sentence
    assert place == reverse("admin:dispatch_consumer_changelist")
    assert page.context["is_grave"]


def test_what_is_overdue_is_told_with_its_age(admin_client: Client) -> None:
    make_consumer()
    make_delivery(due_at=timedelta(minutes=-4))
    make_delivery(due_at=timedelta(hours=1))
    assert "state__exact=pending" in trouble(admin_client, "Deliveries are overdue, the oldest for 4 min.")


def test_what_is_due_for_a_moment_is_no_trouble(admin_client: Client) -> None:
    make_consumer()
    make_delivery(due_at=timedelta(seconds=-3))
    assert troubles(admin_client) == {}


def test_an_open_breaker_leads_to_its_subscriber(admin_client: Client) -> None:
    make_consumer()
    subscriber = make_subscriber(name="billing")
    open_until = timezone.now() + timedelta(minutes=1)
    Health.objects.create(subscriber=subscriber, breaker="open", cause="failures", open_until=open_until)
    place = trouble(admin_client, "billing is left alone: it keeps failing.")
    assert place == reverse("admin:subscribers_subscriber_change", args=[subscriber.pk])
    Health.objects.create(subscriber=make_subscriber(), breaker="half_open", cause="failures", open_until=open_until)
    assert trouble(admin_client, "2 subscribers are left alone") == "#breakers"


def test_many_failing_tries_are_trouble_few_are_not(admin_client: Client) -> None:
    make_consumer()
    subscriber = make_subscriber()
    tried(timedelta(minutes=2), subscriber, "200", 97)
    tried(timedelta(minutes=2), subscriber, "500", 3)
    assert troubles(admin_client) == {}
    tried(timedelta(minutes=2), subscriber, "503", 100)
    assert trouble(admin_client, "52% of the tries") == "#failures"


def test_what_died_lately_is_trouble_what_died_long_ago_is_not(admin_client: Client) -> None:
    make_consumer()
    make_delivery(state="dead", reason="exhausted", settled_at=timedelta(days=-3))
    assert troubles(admin_client) == {}
    make_delivery(state="dead", reason="exhausted", settled_at=timedelta(minutes=-3))
    assert trouble(admin_client, "1 delivery was given up in the last hour.") == "#dead"


def test_a_count_that_is_behind_is_told(admin_client: Client) -> None:
    make_consumer()
    make_attempt(make_delivery(state="delivered"), started_at=timezone.now() - timedelta(minutes=30))
    assert trouble(admin_client, "The charts are 30 min behind")


def test_failing_tries_lead_to_a_sample_and_to_the_subscriber(admin_client: Client) -> None:
    subscriber = make_subscriber(name="billing")
    make_attempt(make_delivery(subscriber, attempts=1), status=200)
    failed = make_delivery(subscriber, attempts=2, failures=2)
    make_attempt(failed, number=1, status=503)
    make_attempt(failed, number=2, status=None, error_kind="connect")
    tried(timedelta(minutes=3), subscriber, "503", 4)
    tried(timedelta(minutes=3), subscriber, "connect", 2)
    tried(timedelta(minutes=3), subscriber, "500", 1)
    rows = shown(admin_client).context["failures"]
    sample = reverse("admin:dispatch_delivery_change", args=[failed.pk])
    assert [(row["name"], row["result"], row["count"], row["sample"]) for row in rows] == [
        ("billing", "503 Service Unavailable", "4", sample),
        ("billing", "no connection", "2", sample),
        ("billing", "500 Internal Server Error", "1", ""),
    ]
    assert all(row["replay"] == "" for row in rows), "nothing of it is dead"


def test_the_sample_of_one_that_is_left_alone_is_what_waits_for_its_breaker(admin_client: Client) -> None:
    subscriber = make_subscriber()
    failed = make_delivery(subscriber, state="held", reason="breaker", attempts=1)
    make_attempt(failed, status=503)
    for delivery in make_deliveries(120):
        type(delivery).objects.filter(pk=delivery.pk).update(subscriber=subscriber)
    tried(timedelta(minutes=3), subscriber, "503", 4)
    [row] = shown(admin_client).context["failures"]
    assert row["sample"] == reverse("admin:dispatch_delivery_change", args=[failed.pk])


def test_the_dead_are_grouped_and_lead_to_their_replay(admin_client: Client) -> None:
    subscriber = make_subscriber(name="billing")
    died = [
        make_delivery(
            subscriber,
            state="dead",
            reason="exhausted",
            last_status=500,
            settled_at=timedelta(minutes=-minutes),
        ).settled_at
        for minutes in (50, 30, 10)
    ]
    make_delivery(subscriber, state="dead", reason="gone", last_status=410)
    make_delivery(state="dead", reason="permanent", last_error="No URL can be built.")
    rows = shown(admin_client).context["dead"]
    assert [(row["name"], row["result"], row["count"]) for row in rows][:1] == [
        ("billing", "500 Internal Server Error", "3")
    ]
    assert {(row["result"], row["count"]) for row in rows[1:]} == {("410 Gone", "1"), ("it was not sent", "1")}
    assert (rows[0]["first"], rows[0]["last"]) == (died[0], died[-1])
    assert f"?subscriber={subscriber.pk}&state__exact=dead&status=500" in rows[0]["replay"]
    form = admin_client.get(rows[0]["replay"], follow=True)
    assert form.status_code == 200
    assert "Replay" in form.content.decode()


def replayed(client: Client, url: str) -> str:
    """How many the replay behind a link is about, as its page counts them."""
    return str(client.get(url, follow=True).context["counted"])


def test_each_group_of_the_dead_leads_to_the_replay_of_that_group_alone(admin_client: Client) -> None:
    subscriber = make_subscriber(name="billing")
    dead = {"subscriber": subscriber, "state": "dead", "reason": "exhausted"}
    for number in range(2):
        unconnected = make_delivery(**dead, attempts=1, last_error=f"Nobody answers at port {number}.")
        make_attempt(unconnected, status=None, error_kind="connect")
    for number in range(3):
        silent = make_delivery(**dead, attempts=2, last_error=f"No answer within {number} s.")
        make_attempt(silent, number=1, status=None, error_kind="connect")
        make_attempt(silent, number=2, status=None, error_kind="total_timeout")
    for _ in range(4):
        make_delivery(**dead, attempts=1, last_status=500)
    for number in range(5):
        make_delivery(**dead | {"reason": "permanent"}, last_error=f"The path parameter {number} is missing.")
    make_delivery(**dead | {"reason": "permanent"}, attempts=1, last_status=500)
    rows = shown(admin_client).context["dead"]
    assert [(row["result"], row["count"]) for row in rows] == [
        ("it was not sent", "5"),
        ("500 Internal Server Error", "4"),
        ("no answer in time", "3"),
        ("no connection", "2"),
        ("500 Internal Server Error", "1"),
    ]
    assert [replayed(admin_client, row["replay"]) for row in rows] == ["5", "4", "3", "2", "1"]


def test_failing_tries_lead_to_the_replay_of_what_ended_so(admin_client: Client) -> None:
    subscriber = make_subscriber(name="billing")
    make_delivery(subscriber, state="dead", reason="exhausted", attempts=1, last_status=503)
    make_attempt(make_delivery(subscriber, state="dead", attempts=1), status=None, error_kind="connect")
    make_delivery(subscriber, state="dead", reason="permanent")
    tried(timedelta(minutes=3), subscriber, "503", 3)
    tried(timedelta(minutes=3), subscriber, "connect", 2)
    tried(timedelta(minutes=3), subscriber, "500", 1)
    rows = shown(admin_client).context["failures"]
    assert [row["replay"] and replayed(admin_client, row["replay"]) for row in rows] == ["1", "1", ""]


def test_what_is_held_is_told_by_subscriber_and_reason(admin_client: Client) -> None:
    subscriber = make_subscriber(name="billing")
    made = {
        make_delivery(subscriber, state="held", reason=reason, created_at=timedelta(minutes=-7)).created_at
        for reason in HELD_REASONS
    }
    other = make_subscriber(name="shipping")
    for _ in range(3):
        make_delivery(other, state="held", reason="paused")
    rows = shown(admin_client).context["held"]
    assert (rows[0]["name"], rows[0]["count"], rows[0]["reason"]) == ("shipping", "3", "the subscriber is paused")
    assert len(rows) == 1 + len(HELD_REASONS)
    assert {row["since"] for row in rows[1:]} == made


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
