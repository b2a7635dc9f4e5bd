"""The thread that keeps and sends alerts, if no other process does. Deliveries wait for nothing that it does."""

from datetime import timedelta

from django.utils import timezone

from dispatch.alerts.conditions import judge
from dispatch.alerts.keeping import channels, keep
from dispatch.alerts.sending import send_due
from dispatch.consumer.leased import LeasedThread


class Alerter(LeasedThread):
    """Ends at once where the settings name nobody to tell."""

    task = "alerter"
    #: Longer than a look and what it sends by two channels; should it take longer, the claims on notices hold.
    lease = timedelta(seconds=30)
    look_seconds = 5.0
    fault = "The alerts could not be kept."

    def run(self) -> None:
        if channels():
            super().run()

    def work(self) -> float:
        keep(judge(timezone.now()), timezone.now())
        send_due(self._is_stopping.is_set)
        return self.look_seconds
