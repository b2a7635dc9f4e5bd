"""The two queues behind one seam, and which of them is in use."""

from uuid import UUID

from django.conf import settings

from dispatch.queues.base import Queue
from dispatch.queues.embedded import EmbeddedQueue
from dispatch.queues.faktory.queue import FaktoryQueue


def uses_faktory() -> bool:
    return bool(settings.FAKTORY_URL)


def open_queue(owner: UUID | None = None) -> Queue:
    """A queue for one thread, of the consumer `owner` or of a process that only pushes. Connects when first used."""
    return FaktoryQueue(owner) if uses_faktory() else EmbeddedQueue(owner)
