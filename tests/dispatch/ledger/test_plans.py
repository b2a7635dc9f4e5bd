"""No statement on a hot path reads a whole table, and none costs more because the ledger has a past."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
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
from dispatch import fan_out, metrics, pruning, publishing, readiness
from dispatch.alerts.conditions import judge
from dispatch.alerts.keeping import keep
from dispatch.identifiers import new_id
from dispatch.ledger import (
    backlog,
    claiming,
    fanning_out,
    holding,
    loading,
    queueing,
    recovering,
    releasing,
    settling,
    sizing,
    standing,
    volumes,
)
from dispatch.ledger.counting import attempts_between, events_after, newest_attempt
from dispatch.models import Delivery, Event
from dispatch.publishing import NewEvent
from dispatch.queues import open_queue
from dispatch.reconciliation import reconcile
from dispatch.replaying import replay
from subscribers import matching
from tests.dispatch.ledger.rows import make_deliveries, make_event
from tests.dispatch.ledger.test_settling import a_settlement
from tests.dispatch.ledger.visits import Work, work_of

pytestmark = pytest.mark.django_db

#: Large enough that the planner looks up a hundred of the events, a tenth as many, rather than read them all.
SIZE = 100_000
MANY = 100
OWNER = new_id()
#: A statement that visited every delivery once would come to SIZE rows, or at least three times as many instructions.
MOST = {"postgresql": 2_000, "sqlite": 60_000}
#: Lists look through 10,000 rows for what no index leads to.
MOST_OF_A_LIST = {"postgresql": 35_000, "sqlite": 200_000}
#: The bar of the attempts looks at the delivery of each of the 10,000, or at its event as well.
MOST_OF_A_JOINED_LIST = {"postgresql": 42_000, "sqlite": 260_000}
JOINED = ("attempts of a subscriber", "attempts on a topic")

Rows = SimpleNamespace


def make_rows() -> Rows:
    """Beside the past: deliveries that are due, claimed and settled, and a wide event."""
    past = Delivery.objects.filter(state="delivered").order_by("-id")[:MANY]
    due = make_deliveries(MANY)
    claimed = make_deliveries(MANY, state="claimed", owner=OWNER, lease_until=timezone.now() + timedelta(minutes=1))
    settled = make_deliveries(MANY, state="dead", reason="exhausted", settled_at=timezone.now())
    wide = make_event(topic="topic-7", fan_out="pending", matched=None)
    make_deliveries(MANY, state="held", reason="capped")
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


def count_replayable(rows: Rows) -> object:
    way = [sizing.Condition("subscriber_id = %s", (rows.settled[0].subscriber_id,))]
    wanted = [sizing.of_existing_subscribers(), sizing.without_replay(["pending", "claimed", "held", "delivered"])]
    return sizing.count_firsts(way, wanted, MANY, MANY)


def paused() -> int:
    """The subscriber for which a part of the past is held."""
    return Delivery.objects.filter(state="held").values_list("subscriber_id", flat=True)[0]


def volumes_of_a_day(now: datetime) -> None:
    span = (now - timedelta(days=1), now)
    for read in (volumes.events_by_minute, volumes.attempts_by_minute, volumes.delays_by_minute):
        read(*span)
    volumes.published_by_hour(*span)
    volumes.sent_by_hour(*span)


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
    "next_suspect_due": lambda rows, now: claiming.next_suspect_due(),
    "load_events": lambda rows, now: loading.load_events({each.event_id for each in rows.due}),
    "load_needed": lambda rows, now: loading.load_needed(
        {each.subscriber_id for each in rows.due}, {each.event_id for each in rows.due}
    ),
    "load_subscribers": lambda rows, now: loading.load_subscribers({each.subscriber_id for each in rows.due}),
    "settle": lambda rows, now: settling.settle(OWNER, [a_settlement(each) for each in rows.claimed]),
    "mark_queued": lambda rows, now: queueing.mark_queued(ids(rows.due), [rows.wide.pk]),
    "mark_unqueued": lambda rows, now: queueing.mark_unqueued(ids(rows.due)),
    "mark_early": lambda rows, now: queueing.mark_early(ids(rows.due), now),
    "unqueued_deliveries": lambda rows, now: recovering.unqueued_deliveries(now + timedelta(minutes=1)),
    "unqueued_fan_outs": lambda rows, now: recovering.unqueued_fan_outs(*[now + timedelta(minutes=1)] * 2),
    "recover_lost_claims, nobody lives": lambda rows, now: recovering.recover_lost_claims(now, []),
    "recover_lost_claims": lambda rows, now: recovering.recover_lost_claims(now + timedelta(hours=1), [new_id()]),
    "oldest_orphan, nobody lives": lambda rows, now: recovering.oldest_orphan([]),
    "oldest_orphan": lambda rows, now: recovering.oldest_orphan([new_id()]),
    "withheld_since": lambda rows, now: recovering.withheld_since(now),
    "forget_lost_jobs": lambda rows, now: recovering.forget_lost_jobs(now, now),
    "recover_own_claims": lambda rows, now: recovering.recover_own_claims(OWNER, ids(rows.claimed[:10])),
    "release_paused": lambda rows, now: releasing.release_paused(now),
    "cancel_deleted": lambda rows, now: releasing.cancel_deleted(now),
    "held_as_broken": lambda rows, now: releasing.held_as_broken([rows.due[0].subscriber_id], MANY),
    "release": lambda rows, now: recovering.release(now, rows.due[0].subscriber_id, "capped"),
    "reconcile": lambda rows, now: reconcile(open_queue()),
    "oldest_in_line": lambda rows, now: holding.oldest_in_line(now),
    "backlogs": lambda rows, now: holding.backlogs(),
    "is_pause_over": lambda rows, now: holding.is_pause_over(),
    "claim_held": lambda rows, now: holding.claim_held(OWNER, paused(), "paused", MANY, now),
    "claim_held, the newest": lambda rows, now: holding.claim_held(OWNER, paused(), "paused", MANY, now, newest=True),
    "hold_due": lambda rows, now: holding.hold_due({rows.due[0].subscriber_id: "capped"}, now),
    "hold_due, for nobody that has any": lambda rows, now: holding.hold_due({paused(): "breaker"}, now),
    "attempts_between": lambda rows, now: attempts_between(newest_attempt() - MANY, newest_attempt(), MANY),
    "events_after": lambda rows, now: events_after(rows.due[0].event_id, now, MANY),
    "metrics.exposition": lambda rows, now: metrics.exposition(),
    "readiness.obstacles": lambda rows, now: readiness.obstacles(),
    "a step of pruning": lambda rows, now: next(pruning.prune(now, MANY, lambda seconds: True)),
    "count_held": lambda rows, now: backlog.count_held(rows.due[0].subscriber_id, "paused", MANY),
    "count_waiting": lambda rows, now: backlog.count_waiting([rows.due[0].subscriber_id], MANY),
    "cancel_waiting": lambda rows, now: next(backlog.cancel_waiting(rows.due[0].subscriber_id, now)),
    "replay": lambda rows, now: replay(ids(rows.settled)),
    "count_firsts": lambda rows, now: count_replayable(rows),
    "waiting": lambda rows, now: standing.waiting(now, MANY),
    "held_lines": lambda rows, now: standing.held_lines(),
    "newest_dead": lambda rows, now: standing.newest_dead(MANY),
    "failed_lately": lambda rows, now: standing.failed_lately([rows.due[0].subscriber_id, paused()]),
    "never_matched": lambda rows, now: standing.never_matched(MANY),
    "counted_until": lambda rows, now: volumes.counted_until(now, timedelta(seconds=10)),
    "alerts.judge": lambda rows, now: judge(now),
    "alerts.keep": lambda rows, now: keep(judge(now), now),
    "volumes of a day": lambda rows, now: volumes_of_a_day(now),
}


@pytest.fixture(scope="module")
def rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Rows]:
    """A ledger with a past, made once for all tests and then taken back."""
    with django_db_blocker.unblock(), transaction.atomic():
        fill(SIZE)
        made = make_rows()
        analyze()
        yield made
        transaction.set_rollback(True)


@pytest.mark.parametrize("name", HOT)
def test_no_hot_statement_reads_a_whole_table_or_visits_the_past(rows: Rows, name: str) -> None:
    matching.newest()
    work = work_of(lambda: HOT[name](rows, timezone.now()))
    assert work.statements > 0
    assert work.scans == []
    assert work.visited < MOST[connection.vendor]


def test_no_list_of_the_admin_looks_through_more_than_it_may(rows: Rows) -> None:
    lists = dict(_lists())
    assert {name: work.scans for name, work in lists.items() if work.scans} == {}
    most = dict.fromkeys(lists, MOST_OF_A_LIST[connection.vendor]) | dict.fromkeys(
        JOINED, MOST_OF_A_JOINED_LIST[connection.vendor]
    )
    assert {name: work.visited for name, work in lists.items() if work.visited > most[name]} == {}
    assert len(lists) > 15


def _lists() -> Iterator[tuple[str, Work]]:
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # The events are too few for the planner to look them up one by one. What still scans has no index to use.
            cursor.execute("SET LOCAL enable_seqscan = off")
    for name, url in pages().items():
        yield name, work_of(partial(_get, client, url))


def _get(client: Client, url: str) -> None:
    assert client.get(url).status_code == 200, url


def test_a_statement_that_reads_a_whole_table_is_noticed(rows: Rows) -> None:
    work = work_of(lambda: Event.objects.filter(payload="none has it").exists())
    assert len(work.scans) == 1
    assert work.visited >= SIZE // 10
