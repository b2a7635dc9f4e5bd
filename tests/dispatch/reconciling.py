"""A pass of the reconciler where the rows are the queue."""

from dispatch.identifiers import new_id
from dispatch.queues.embedded import EmbeddedQueue
from dispatch.reconciliation import Findings, reconcile


def reconcile_embedded() -> Findings:
    return reconcile(EmbeddedQueue(new_id()))
