"""Whether the hub can do its work now, and if not, why."""

from django.db import DatabaseError, connection

from dispatch.queues import open_queue
from dispatch.queues.base import QueueUnavailableError


def obstacles() -> list[str]:
    """Sentences about what is in the way; none if all is well."""
    return [sentence for sentence in (_database(), _queue()) if sentence]


def _database() -> str | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT number FROM subscriber_version")
    except DatabaseError as error:
        return f"The database does not answer: {error}."
    return None


def _queue() -> str | None:
    queue = open_queue()
    if queue.is_embedded:
        return None
    try:
        queue.depth()
    except QueueUnavailableError as error:
        return f"Faktory does not answer; events are accepted and wait in the database. {error}"
    finally:
        queue.close()
    return None
