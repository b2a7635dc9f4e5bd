"""The thread that keeps a consumer's heartbeat, hears the queue's signals, and reconciles if no other process does."""

import logging
import math
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from dispatch import leases
from dispatch.consumer.flow import Flow
from dispatch.consumer.mending import Mender
from dispatch.consumer.patience import Patience
from dispatch.ledger.recovering import recover_own_claims
from dispatch.models import Consumer
from dispatch.queues import open_queue
from dispatch.queues.base import Queue, QueueUnavailableError, Signal
from dispatch.reconciliation import Findings, Reconciler
from dispatch.tallies import tally

TURN_SECONDS = 2.0
BEAT_EVERY_SECONDS = 6.0
RECONCILER = "reconciler"
#: Short, since a consumer that dies leaves the reconciling to another one only when it ends.
LEASE = timedelta(seconds=7)
RENEW_EVERY_SECONDS = 3.0

logger = logging.getLogger(__name__)


class Housekeeper(threading.Thread):
    """Beats and reconciles until the process has recorded all; `obey` is called with the queue's signals."""

    def __init__(
        self, owner: UUID, flow: Flow, concurrency: int, delivered: Callable[[], int], obey: Callable[[Signal], None]
    ) -> None:
        super().__init__(name="housekeeper", daemon=True)
        self.owner = owner
        self.flow = flow
        self.concurrency = concurrency
        self.queue: Queue = open_queue(owner)
        self.reconciler = Reconciler(self.queue)
        self._delivered = delivered
        self._obey = obey
        self._finished = threading.Event()
        self._beat_at = self._renew_at = -math.inf
        self._database = Patience("The database", flow.is_stopping)
        self._broker = Patience("The queue", flow.is_stopping)
        self._mender = Mender()

    def run(self) -> None:
        try:
            while not self._finished.is_set():
                self._turn()
                self._finished.wait(TURN_SECONDS)
            self._leave()
        finally:
            self.queue.close()
            connection.close()

    def finish(self) -> None:
        self._finished.set()

    def _turn(self) -> None:
        try:
            self._keep()
        except QueueUnavailableError as error:
            self._database.worked()
            self._broker.failed(error)
        except (DatabaseError, InterfaceError) as error:
            if not self._mender.mends_text(error):
                connection.close()
                self._database.failed(error)
        except Exception as fault:  # the border around damaged rows
            if not self._mender.mends(fault):
                raise
        else:
            self._database.worked()
            self._broker.worked()

    def _keep(self) -> None:
        if time.monotonic() >= self._beat_at:
            self._beat()
            self._beat_at = time.monotonic() + BEAT_EVERY_SECONDS
        self._obey(self.queue.beat())
        if not self.flow.is_stopping.is_set() and self._has_lease():
            self._reconcile()

    def _beat(self) -> None:
        seen = {
            "in_flight": self.flow.taken,
            "delivered": self._delivered(),
            "is_stopping": self.flow.is_stopping.is_set(),
            "beat_at": timezone.now(),
            "progressed_at": self.flow.progressed_at,
        }
        if Consumer.objects.filter(pk=self.owner).update(**seen):
            return
        Consumer.objects.create(
            pk=self.owner,
            host=socket.gethostname(),
            process_id=os.getpid(),
            queue="embedded" if self.queue.is_embedded else "faktory",
            concurrency=self.concurrency,
            **seen,
        )

    def _has_lease(self) -> bool:
        """Whether this process is the one that reconciles. To renew is to write, so it is done only now and then."""
        if time.monotonic() < self._renew_at:
            return True
        if not leases.acquire(RECONCILER, self.owner, LEASE):
            return False
        self._renew_at = time.monotonic() + RENEW_EVERY_SECONDS
        return True

    def _reconcile(self) -> None:
        started = time.monotonic()
        findings = self.reconciler.run()
        for kind, count in asdict(findings).items():
            if count:
                tally("reconciled", kind, count)
        if findings != Findings():
            logger.info("Reconciled in %.1f s: %s.", time.monotonic() - started, findings)

    def _leave(self) -> None:
        try:
            leases.give_up(RECONCILER, self.owner)
            recover_own_claims(self.owner, [])
            Consumer.objects.filter(pk=self.owner).delete()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("Could not sign off: %s", error)
