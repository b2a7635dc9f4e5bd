"""No statement on a hot path reads a whole table, and none costs more because the ledger has a past."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from bench.growth.filling import analyze, fill
from bench.growth.pages import pages
from dispatch import fan_out, publishing
from dispatch.identifiers import new_id
from dispatch.ledger import claiming, fanning_out, loading, queueing, recovering, settling
from dispatch.models import Delivery, Event
from dispatch.publishing import NewEvent
from dispatch.queues import open_queue
from dispatch.reconciliation import reconcile
from dispatch.replaying import replay
from subscribers import matching
from tests.dispatch.ledger.visits import Work, work_of
from tests.dispatch.ledger.rows import make_deliveries, make_event
from tests.dispatch.ledger.test_settling import a_settlement

SIZE = 40_000
MANY = 100
OWNER = new_id()
#: A statement that visited every delivery once would come to SIZE rows, or at least three times as many instructions.
MOST = {"postgresql": 2_000, "sqlite": 60_000}
#: Lists count up to their reach of 10,000 rows, and page as far; the attempts join two rows to each.
MOST_OF_A_LIST = {"postgresql": 35_000, "sqlite": 200_000}

Rows = SimpleNamespace


def make_rows() -> Rows:
    """Beside the past: deliveries that are due, claimed and settled, and a wide event."""
    past = Delivery.objects.filter(state="delivered").order_by("-id")[:MANY]
    due = make_deliveries(MANY)
    claimed = make_deliveries(MANY, state="claimed", owner=OWNER, lease_until=timezone.now() + timedelta(minutes=1))
    settled = make_deliveries(MANY, state="dead", reason="exhausted", settled_at=timezone.now())
    wide = make_event(topic="topic-7", fan_out="pending", matched=None)
    return Rows(past=[each.pk for each in past], due=due, claimed=claimed, settled=settled, wide=wide)


def ids(deliveries: list[Delivery]) -> list[Any]:
    return [delivery.pk for delivery in deliveries]


def accept(key: str | None = None) -> object:
    return publishing.accept([NewEvent("topic-3", "shop", {"body": 1}, '{"body":1}', key)])


def accept_twice() -> None:
    accept("the same key")
    accept("the same key")


def advance_fan_out(rows: Rows) -> object:
    return fan_out.advance(rows.wide.pk, open_queue())


HOT: dict[str, Callable[[Rows, datetime], object]] = {
    "accept": lambda rows, now: accept(),
    "accept, a key that comes again": lambda rows, now: accept_twice(),
    "fan_out.advance": lambda rows, now: advance_fan_out(rows),
    "pending_fan_outs": lambda rows, now: fanning_out.pending_fan_outs(MANY),
    "claim_due": lambda rows, now: claiming.claim_due(OWNER, MANY, now),
    "claim_named": lambda rows, now: claiming.claim_named(OWNER, ids(rows.due), now),
    "claim_named, settled": lambda rows, now: claiming.claim_named(OWNER, rows.past, now),
    "claim_early": lambda rows, now: claiming.claim_early(OWNER, dict.fromkeys(ids(rows.due), 0), now),
    "reopen_dead": lambda rows, now: claiming.reopen_dead(OWNER, ids(rows.settled), now),
    "hand_back": lambda rows, now: claiming.hand_back(OWNER, ids(rows.claimed)),
    "next_due": lambda rows, now: claiming.next_due(),
    "load_events": lambda rows, now: loading.load_events({each.event_id for each in rows.due}),
    "load_subscribers": lambda rows, now: loading.load_subscribers({each.subscriber_id for each in rows.due}),
    "settle": lambda rows, now: settling.settle(OWNER, [a_settlement(each) for each in rows.claimed]),
    "mark_queued": lambda rows, now: queueing.mark_queued(ids(rows.due), [rows.wide.pk]),
    "mark_unqueued": lambda rows, now: queueing.mark_unqueued(ids(rows.due)),
    "unqueued_deliveries": lambda rows, now: recovering.unqueued_deliveries(now + timedelta(minutes=1)),
    "unqueued_fan_outs": lambda rows, now: recovering.unqueued_fan_outs(now + timedelta(minutes=1)),
    "recover_lost_claims, nobody lives": lambda rows, now: recovering.recover_lost_claims(now, []),
    "recover_lost_claims": lambda rows, now: recovering.recover_lost_claims(now + timedelta(hours=1), [new_id()]),
    "forget_lost_jobs": lambda rows, now: recovering.forget_lost_jobs(now, now),
    "release_paused": lambda rows, now: recovering.release_paused(now),
    "release": lambda rows, now: recovering.release(now, rows.due[0].subscriber_id, "capped"),
    "reconcile": lambda rows, now: reconcile(open_queue()),
    "replay": lambda rows, now: replay(ids(rows.settled)),
}


@pytest.fixture(scope="module")
def survey(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[str, dict[str, Work]]:
    """The work of every hot function and page on a ledger with a past, which is made once and taken back."""
    with django_db_blocker.unblock(), transaction.atomic():
        matching.forget()
        fill(SIZE)
        rows = make_rows()
        client = Client(raise_request_exception=True)
        client.force_login(User.objects.create_superuser("operator"))
        analyze()
        matching.newest()
        now = timezone.now()
        hot = {name: work_of(lambda function=function: function(rows, now)) for name, function in HOT.items()}  # type: ignore[misc]
        lists = {name: work_of(lambda url=url: _get(client, url)) for name, url in pages().items()}  # type: ignore[misc]
        transaction.set_rollback(True)
    matching.forget()
    return {"hot": hot, "lists": lists}


def _get(client: Client, url: str) -> None:
    assert client.get(url).status_code == 200, url


@pytest.mark.parametrize("name", HOT)
def test_no_hot_statement_reads_a_whole_table_or_visits_the_past(survey: dict[str, dict[str, Work]], name: str) -> None:
    work = survey["hot"][name]
    assert work.statements > 0
    assert work.scans == []
    assert work.visited < MOST[connection.vendor]


def test_no_list_of_the_admin_reads_more_than_its_reach(survey: dict[str, dict[str, Work]]) -> None:
    most = MOST_OF_A_LIST[connection.vendor]
    assert {name: work.scans for name, work in survey["lists"].items() if work.scans} == {}
    assert {name: work.visited for name, work in survey["lists"].items() if work.visited > most} == {}
    assert len(survey["lists"]) > 15


@pytest.mark.django_db
def test_a_statement_that_reads_a_whole_table_is_noticed() -> None:
    fill(SIZE)
    analyze()
    work = work_of(lambda: Event.objects.filter(payload="none has it").exists())
    assert len(work.scans) == 1
    assert work.visited >= SIZE // 10
