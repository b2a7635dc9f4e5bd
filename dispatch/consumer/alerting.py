"""The thread that keeps and sends alerts, if no other process does. Deliveries wait for nothing that it does."""

import logging
import threading
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from dispatch import leases
from dispatch.alerts.conditions import judge
from dispatch.alerts.keeping import channels, keep
from dispatch.alerts.sending import send_due
from dispatch.consumer.patience import Patience

LOOK_SECONDS = 5.0
ALERTER = "alerter"
#: Longer than a look and what it sends by two channels; should it take longer, the claims on notices hold.
LEASE = timedelta(seconds=30)

logger = logging.getLogger(__name__)


class Alerter(threading.Thread):
    """Ends at once where the settings name nobody to tell."""

    def __init__(self, owner: UUID, is_stopping: threading.Event) -> None:
        super().__init__(name="alerter", daemon=True)
        self._owner = owner
        self._is_stopping = is_stopping
        self._database = Patience("The database", is_stopping)

    def run(self) -> None:
        if not channels():
            return
        while not self._is_stopping.is_set():
            self._look()
            connection.close()
            self._is_stopping.wait(LOOK_SECONDS)
        self._leave()

    def _look(self) -> None:
        try:
            if leases.acquire(ALERTER, self._owner, LEASE):
                keep(judge(timezone.now()), timezone.now())
                send_due(self._is_stopping.is_set)
        except (DatabaseError, InterfaceError) as error:
            self._database.failed(error)
        except Exception:  # the border around alerts: their fault must not stop the deliveries
            logger.exception("The alerts could not be kept.")
        else:
            self._database.worked()

    def _leave(self) -> None:
        try:
            leases.give_up(ALERTER, self._owner)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("Could not give up the alerts to another process: %s", error)
        finally:
            connection.close()
