"""Jobs as a publish makes them."""

from typing import Any

from dispatch.identifiers import new_id
from dispatch.queues.base import Job


def a_job(**fields: Any) -> Job:
    delivery_id = new_id()
    return Job(id=str(delivery_id), deliveries=(delivery_id,), **fields)
