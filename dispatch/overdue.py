"""Since when work is due that somebody should be doing: what readiness, metrics, alerts and the dashboard go by."""

from datetime import datetime, timedelta

from dispatch.ledger.claiming import next_due, next_suspect_due
from dispatch.ledger.holding import oldest_in_line
from dispatch.ledger.recovering import oldest_orphan, withheld_since
from dispatch.models import Event
from dispatch.queues import uses_faktory
from dispatch.reconciliation import living_consumers

#: Work may wait so long before anybody asks why.
OVERDUE = timedelta(seconds=15)


def due_since(now: datetime) -> datetime | None:
    """When the oldest delivery, or event whose deliveries are still to be written, became due; None if nothing is.

    What dead consumers had claimed is due, too, and with no consumer alive what one would take up by itself. A retry
    that Faktory has is due once the moments are past from which it chooses. Each look goes by an index.
    """
    pending = Event.objects.filter(fan_out=Event.FanOut.PENDING).order_by("id")
    living = living_consumers(now)
    moments = (
        withheld_since(now) if uses_faktory() else next_due(),
        next_suspect_due(),
        pending.values_list("received_at", flat=True).first(),
        oldest_orphan(living),
        None if living else oldest_in_line(now - OVERDUE),
    )
    return min((moment for moment in moments if moment and moment <= now), default=None)
