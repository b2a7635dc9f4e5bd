"""How the hub does, read and judged once: for the admin's first page and for `manage.py status`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dispatch.alerts.keeping import told_alerts
from dispatch.backpressure import Reached
from dispatch.dashboard.headline import Trouble, sentence, troubles
from dispatch.dashboard.standing import Standing, standing
from dispatch.dashboard.traffic import Traffic, traffic
from dispatch.models import Alert
from subscribers.models import Subscriber

#: Alerts that are listed.
LISTED = 20


@dataclass(frozen=True)
class Overview:
    """`troubles` come the worst first; `alerts` are those that were told and are not over, the newest first."""

    standing: Standing
    traffic: Traffic
    troubles: list[Trouble]
    alerts: list[Alert]

    @property
    def sentence(self) -> str:
        return sentence(self.troubles, self.standing)

    @property
    def is_grave(self) -> bool:
        return any(trouble.is_grave for trouble in self.troubles)


def overview(span: str, now: datetime, seconds: float, reached: Reached | None) -> Overview:
    """So many seconds may go into adding up the span; `reached` is the limit that refuses publishes.

    Costs the same however long the ledger is. Raises DatabaseError.
    """
    stand, flowed = standing(now), traffic(span, now, seconds)
    return Overview(stand, flowed, troubles(stand, flowed, reached), told_alerts(LISTED))


def names(subscriber_ids: Iterable[int]) -> dict[int, str]:
    """How to call subscribers in a list, deleted ones as well."""
    found = Subscriber.objects.filter(pk__in=set(subscriber_ids)).only("name", "topic", "target_url", "deleted_at")
    return {each.pk: f"{each} (deleted)" if each.deleted_at else str(each) for each in found}
