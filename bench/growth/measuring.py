"""What one statement or page costs now, in milliseconds: the quickest of some tries, which others disturbed least."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from bench.growth.footprint import bytes_per_delivery, logged_bytes
from bench.growth.pages import pages
from dispatch import publishing
from dispatch.identifiers import new_id
from dispatch.ledger.claiming import Claim, claim_due, next_due
from dispatch.ledger.dialect import atomic_cursor
from dispatch.ledger.loading import load_needed
from dispatch.ledger.recovering import recover_lost_claims, unqueued_deliveries
from dispatch.ledger.releasing import release_paused
from dispatch.ledger.settling import AttemptRow, Settlement, settle
from dispatch.publishing import NewEvent
from subscribers import matching

TRIES = 15
BATCH = 100
TOPIC = "topic-3"
OWNER = new_id()

Costs = dict[str, float]


def quickest_ms(function: Callable[[], object], tries: int) -> float:
    """The first try is not counted: it reads what the next ones find in memory."""
    function()
    times = []
    for _ in range(tries):
        begun = time.perf_counter()
        function()
        times.append(time.perf_counter() - begun)
    return min(times) * 1000


def statements() -> Costs:
    """The hot statements, as the hub runs them: publish and settle in transactions that are committed."""
    snapshot = matching.newest()
    now = timezone.now()
    rounds = [_round() for _ in range(TRIES + 1)][1:]
    return {
        "match": quickest_ms(lambda: snapshot.match(TOPIC, {"body": {"number": 1}}), TRIES),
        "publish (10 deliveries)": quickest_ms(_publish, TRIES),
        **{name: min(each[name] for each in rounds) for name in rounds[0]},
        "next due": quickest_ms(next_due, TRIES),
        "find unqueued": quickest_ms(lambda: unqueued_deliveries(now - timedelta(seconds=10)), TRIES),
        "recover lost claims": quickest_ms(lambda: recover_lost_claims(now, []), TRIES),
        "release held": quickest_ms(lambda: release_paused(now), TRIES),
    }


def sizes() -> dict[str, float]:
    """Bytes for one delivery, from publish to settled: in the database, and in the log of Postgres."""
    logged = logged_bytes(lambda: [_round() for _ in range(TRIES)])
    found = {"bytes in the database": bytes_per_delivery()}
    return found if logged is None else found | {"bytes in the log": logged / (TRIES * BATCH)}


def _publish() -> list[Any]:
    return publishing.accept([NewEvent(TOPIC, "growth", {"body": {"number": 1}}, '{"body":{"number":1}}', None)])


def _round() -> Costs:
    """Publishes a batch, claims, loads and settles it; so the ledger is as it was, but for more of the past."""
    for _ in range(BATCH // 10):
        _publish()
    found: list[Claim] = []

    def claim() -> None:
        found.extend(claim_due(OWNER, BATCH, timezone.now() + timedelta(minutes=1)))

    return {
        f"claim {BATCH}": _once_ms(claim),
        f"load {BATCH}": _once_ms(
            lambda: load_needed({each.subscriber_id for each in found}, {each.event_id for each in found})
        ),
        f"settle {BATCH}": _once_ms(lambda: settle(OWNER, [_delivered(each.delivery_id) for each in found])),
    }


def _once_ms(function: Callable[[], object]) -> float:
    begun = time.perf_counter()
    function()
    return (time.perf_counter() - begun) * 1000


def _delivered(delivery_id: UUID) -> Settlement:
    now = timezone.now()
    url, headers = "http://127.0.0.1:9/", "content-type: application/json"
    attempt = AttemptRow(1, now, "POST", url, headers, 200, "", "", "", "ok", None, 1.0, None, 2.0, 2.5)
    return Settlement(delivery_id, "delivered", "", 1, 0, 0.0, now, now, 200, "", now, attempt)


def lists(tries: int) -> Costs:
    """Every list of the admin, as a whole page from request to HTML."""
    client = Client()
    client.force_login(User.objects.get_or_create(username="growth", is_staff=True, is_superuser=True)[0])
    return dict(_pages(client, tries))


def _pages(client: Client, tries: int) -> Iterator[tuple[str, float]]:
    for name, url in pages().items():

        def get(url: str = url) -> None:
            status = client.get(url).status_code
            if status != 200:
                raise RuntimeError(f"{url} answered {status}")

        yield name, quickest_ms(get, tries)


def settle_the_rest() -> None:
    """Ends what the measurements left due, so that the next ones find the same."""
    with atomic_cursor() as cursor:
        cursor.execute(
            "UPDATE delivery SET state = 'cancelled', reason = 'operator', settled_at = CURRENT_TIMESTAMP, "
            "owner = NULL, lease_until = NULL WHERE state IN ('pending', 'claimed') AND due_at < CURRENT_TIMESTAMP"
        )
