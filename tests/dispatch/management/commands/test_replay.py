"""Replay from the command line: what it asks for, and what it refuses with a sentence."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from dispatch.management import progress
from dispatch.models import Consumer, Delivery, Replay
from dispatch.replays.advancing import advance
from dispatch.replays.requesting import stop
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.ledger.rows import make_delivery, make_subscriber
from tests.dispatch.replays.carrying import ask, carry_out, make_settled

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("replay", *arguments, stdout=output, no_color=True)
    return output.getvalue()


def test_all_that_match_are_asked_for() -> None:
    subscriber = make_subscriber(name="billing")
    make_settled(3, subscriber)
    told = run("--subscriber", "billing", "--state", "dead", "--since", "2h", "--rate", "7.5")
    replay = Replay.objects.get()
    assert (replay.subscriber, replay.state, replay.rate_per_second, replay.total) == (subscriber, "dead", 7.5, 3)
    assert replay.requested_by
    assert f"Replay {replay.pk}: dead deliveries of billing since " in told
    assert ", 3, 7.5 a second." in told
    assert not Delivery.objects.filter(replay=replay).exists(), "the consumers do it"


def test_it_says_if_nobody_is_there_to_carry_it_out() -> None:
    assert "No consumer is running" in run("--state", "dead")
    Consumer.objects.create(host="here", process_id=1, queue="embedded", concurrency=8)
    assert "No consumer is running" not in run("--state", "dead")


def test_named_ones_are_replayed_at_once() -> None:
    dead, waiting = make_delivery(state="dead"), make_delivery()
    told = run("--delivery", str(dead.pk), "--delivery", str(waiting.pk))
    assert "Replayed: 1." in told
    assert "Not replayed: 1, not settled yet." in told
    replay = Replay.objects.get()
    assert (replay.status, replay.done, replay.total) == ("done", 1, 2)
    assert Delivery.objects.get(replay_of=dead).replay == replay


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--topic", "orders"], "2 would be replayed: settled deliveries on orders."),
        (
            ["--state", "dead", "--until", "2020-01-01"],
            "0 would be replayed: dead deliveries until 2020-01-01 00:00:00.",
        ),
    ],
)
def test_a_dry_run_only_counts(arguments: list[str], told: str) -> None:
    make_settled(2, make_subscriber())
    assert run(*arguments, "--dry-run").strip() == told
    assert not Replay.objects.exists()


def test_a_dry_run_of_named_ones_counts_those_that_would_be_taken() -> None:
    dead, again, waiting = make_delivery(state="dead"), make_delivery(state="dead"), make_delivery()
    make_delivery(again.subscriber, again.event, replay_of=again)
    named = [word for each in (dead, again, waiting) for word in ("--delivery", str(each.pk))]
    assert run(*named, "--dry-run") == "1 of 3 would be replayed.\n"
    assert Delivery.objects.count() == 4


def test_a_dry_run_leaves_out_what_an_earlier_replay_has_taken() -> None:
    make_settled(2, make_subscriber())
    carry_out(ask(state="dead"))
    assert run("--state", "dead", "--dry-run") == "0 would be replayed: dead deliveries.\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--status", "503"], "1 would be replayed: settled deliveries with status 503."),
        (["--status", "5xx"], "2 would be replayed: settled deliveries with status 5xx."),
        (["--error", "connect"], "1 would be replayed: settled deliveries with error connect."),
        (["--error", "unsent"], "1 would be replayed: settled deliveries that were not sent."),
        (["--reason", "gone"], "1 would be replayed: settled deliveries because the subscriber answered 410 Gone."),
        (["--status", "5xx", "--reason", "gone"], "0 would be replayed: "),
    ],
)
def test_failures_of_one_kind_are_chosen(arguments: list[str], told: str) -> None:
    for status, reason in ((503, "exhausted"), (500, "exhausted"), (410, "gone")):
        make_attempt(make_delivery(state="dead", attempts=1, last_status=status, reason=reason), status=status)
    make_attempt(make_delivery(state="dead", attempts=1, reason="exhausted"), status=None, error_kind="connect")
    make_delivery(state="dead", reason="permanent")
    assert run(*arguments, "--dry-run").startswith(told)


def test_a_group_of_failures_is_asked_for() -> None:
    told = run("--status", "5xx", "--reason", "exhausted")
    replay = Replay.objects.get()
    assert (replay.status_from, replay.status_to, replay.reason, replay.error) == (500, 599, "exhausted", "")
    assert "with status 5xx" in told


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "Say what to replay"),
        (["--rate", "5"], "Say what to replay"),
        (["--state", "pending"], "Only settled deliveries"),
        (["--state", "dead", "--since", "yesterday"], "is no time: write 2h"),
        (["--state", "dead", "--until", "2026-13-01"], "is no time"),
        (["--state", "dead", "--since", "1h", "--until", "2h"], "time span is empty"),
        (["--state", "dead", "--rate", "fast"], "is no rate"),
        (["--state", "dead", "--rate", "0"], "is no rate"),
        (["--status", "a lot"], "is no status"),
        (["--error", "bad luck"], "invalid choice: 'bad luck'"),
        (["--reason", "bad luck"], "invalid choice: 'bad luck'"),
        (["--reason", "paused"], "invalid choice: 'paused'"),
        (["--delivery", str(uuid4()), "--status", "503"], "leave out --status"),
        (["--subscriber", "nobody"], "no subscriber with the name or id 'nobody'"),
        (["--delivery", "nonsense"], "is no id"),
        (["--delivery", str(uuid4())], "There is no delivery"),
        (["--delivery", str(uuid4()), "--state", "dead"], "leave out --state"),
        (["--delivery", str(uuid4()), "--rate", "3"], "leave out --rate"),
        (["--stop", str(uuid4())], "There is no replay"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(arguments: list[str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        run(*arguments)
    assert not Replay.objects.exists()


def test_replays_are_listed_and_stopped() -> None:
    make_settled(4, make_subscriber(name="billing"))
    replay = ask(state="dead", topic="orders")
    assert f"{replay.pk}  running   dead deliveries on orders: 0 made of 4 (0%)" in run("--list")
    assert "is stopped" in run("--stop", str(replay.pk))
    assert "stopped" in run("--list")
    assert "was over already" in run("--stop", str(replay.pk))


def test_waiting_shows_the_progress_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    make_settled(2, make_subscriber())
    monkeypatch.setattr(progress.time, "sleep", lambda seconds: advance(Replay.objects.get().pk))
    told = run("--state", "dead", "--wait")
    assert "2 made of 2 (100%)" in told
    assert f"Replay {Replay.objects.get().pk} is done: 2 made of 2 (100%)." in told


def test_who_stops_waiting_is_told_how_to_stop_the_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(progress.time, "sleep", interrupt)
    assert "It goes on. Stop it by: manage.py replay --stop" in run("--state", "dead", "--wait")
    assert Replay.objects.get().is_running


def test_waiting_ends_when_another_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress.time, "sleep", lambda seconds: stop(Replay.objects.get().pk))
    assert "is stopped: 0 made" in run("--state", "dead", "--wait")
