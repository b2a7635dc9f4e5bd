"""Marks of what is in a queue stand in nobody's way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from dispatch.identifiers import new_id
from dispatch.ledger.claiming import claim_named
from dispatch.ledger.dialect import atomic_cursor, is_postgres
from dispatch.ledger.queueing import mark_queued
from dispatch.models import Delivery
from tests.dispatch.ledger.rows import make_deliveries, make_delivery

only_postgres = pytest.mark.skipif(not is_postgres(), reason="on SQLite one writes at a time, and the others wait")


def marked() -> set[object]:
    return set(Delivery.objects.filter(queued_at__isnull=False).values_list("pk", flat=True))


@pytest.mark.django_db
def test_only_what_waits_without_a_mark_is_marked() -> None:
    before = timezone.now() - timedelta(hours=1)
    waiting, claimed, queued = make_delivery(), make_delivery(state="claimed"), make_delivery(queued_at=before)

    mark_queued([waiting.pk, claimed.pk, queued.pk, new_id()], [])

    assert marked() == {waiting.pk, queued.pk}
    assert Delivery.objects.get(pk=queued.pk).queued_at == before


@only_postgres
@pytest.mark.django_db(transaction=True)
def test_a_mark_waits_for_no_claim() -> None:
    """Else one that waits, and holds what the claim is to take next, would wait until the deadlock is found."""
    claimed, waiting = make_deliveries(2)

    def mark() -> None:
        try:
            with atomic_cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '5s'")
                mark_queued([claimed.pk, waiting.pk], [])
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        claim_named(new_id(), [claimed.pk], timezone.now())
        pool.submit(mark).result()

    assert marked() == {waiting.pk}
