"""Reads large events one by one, as there is room for their bytes."""

from collections.abc import Sequence

from django.utils import timezone

from dispatch.consumer.flow import Flow
from dispatch.consumer.loading import build, by_event
from dispatch.consumer.work import Work
from dispatch.ledger.loading import load_event
from dispatch.verdicts import Act, Verdict


class Reader:
    """Used by the thread that feeds. What it keeps is claimed, and its events are not in memory."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self._unread: list[Work] = []

    @property
    def is_busy(self) -> bool:
        return bool(self._unread)

    def keep(self, works: Sequence[Work]) -> None:
        self._unread += works

    def read(self) -> None:
        """Puts those into the flow whose bytes have room. Raises DatabaseError, and keeps them, if it cannot read."""
        self._leave_late()
        for event_id, works in by_event(self._unread).items():
            if not self.flow.freight.takes(works):
                continue
            build(works, load_event(event_id), timezone.now())
            self._unread = [work for work in self._unread if work.is_unread]
            self.flow.freight.load(works)
            self.flow.put(works)

    def hold(self) -> None:
        """Makes room for others: what is not read yet is taken up again later."""
        works, self._unread = self._unread, []
        self._hold(works)

    def hand_back(self) -> None:
        """The process stops."""
        works, self._unread = self._unread, []
        for work in works:
            work.verdict = Verdict(Act.HAND_BACK)
        self.flow.put(works)

    def _leave_late(self) -> None:
        """What has waited for too long is held; what others may have taken over meanwhile is let go."""
        now = timezone.now()
        late = [work for work in self._unread if work.is_late(now)]
        if not late:
            return
        self._unread = [work for work in self._unread if not work.is_late(now)]
        self._hold([work for work in late if work.claim.holds(now)])
        self.flow.let_go([work for work in late if not work.claim.holds(now)])

    def _hold(self, works: Sequence[Work]) -> None:
        for work in works:
            work.hold("capped")
        self.flow.held.extend({work.subscriber.id for work in works})
        self.flow.put(works)
