"""Writes into the ledger what the types of its columns forbid, and what of it a consumer gets to send."""

from typing import Any

from django.db import connection

from dispatch.consumer.feeding import Feeder
from dispatch.consumer.flow import Flow
from dispatch.consumer.windows import Windows
from dispatch.identifiers import new_id
from dispatch.ledger.dialect import to_database
from dispatch.queues.base import Depth
from dispatch.queues.embedded import EmbeddedQueue


def damage(table: str, column: str, row: object, value: object = "damaged", key: str = "id") -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {key} = %s", [value, to_database(row)])  # noqa: S608


def spoil(table: str, column: str, row: object) -> None:
    """Leaves a text there that is not UTF-8; the driver says so by the error of a database that is away."""
    with connection.cursor() as cursor:
        statement = f"UPDATE {table} SET {column} = CAST(%s AS TEXT) WHERE id = %s"  # noqa: S608
        cursor.execute(statement, [b'{"body":"caf\xe9"}', to_database(row)])


def embedded_feeder() -> Feeder:
    """One whose queue is the ledger."""
    made = Feeder(new_id(), Flow(100), Windows(100).allowance, lambda: None)
    made.queue = EmbeddedQueue(made.owner)
    return made


def sent(feeder: Feeder) -> set[Any]:
    """What is ready to be sent after some turns: one may meet what is damaged."""
    for _ in range(3):
        feeder._feed_on()
    return {work.claim.delivery_id for work in feeder.flow.ready()}


class Broker(EmbeddedQueue):
    """Takes jobs, as a broker does."""

    is_embedded = False

    def depth(self) -> Depth:
        return Depth(0, 0, 0.0)

    def push(self, jobs: Any) -> None:
        assert all(job.failures >= 0 and job.retry_limit >= 0 for job in jobs)
