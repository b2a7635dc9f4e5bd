"""One consumer process: its threads, its signals, its end."""

import logging
import os
import signal
import threading
from types import FrameType

from django.conf import settings
from django.db import connection

from dispatch import tallies
from dispatch.consumer.alerting import Alerter
from dispatch.consumer.checkpointing import Checkpointer
from dispatch.consumer.counting import CountingThread
from dispatch.consumer.delivering import Deliverer
from dispatch.consumer.feeding import Feeder
from dispatch.consumer.flow import Flow
from dispatch.consumer.housekeeping import Housekeeper
from dispatch.consumer.pruner import Pruner
from dispatch.consumer.recording import Recorder
from dispatch.consumer.replayer import Replayer
from dispatch.identifiers import new_id
from dispatch.ledger.dialect import is_postgres
from dispatch.outbound import open_transport
from dispatch.queues.base import Signal
from dispatch.tracing import running as tracing
from subscribers import garbage

#: Works between claim and record, for each slot: enough to keep the slots full while others are loaded and recorded.
AHEAD = 3
RECORD_SECONDS = 10.0

logger = logging.getLogger(__name__)


class ConsumerProcess:
    """Fetch → claim and load → deliver → record → tell the queue, until a signal stops it."""

    def __init__(self, concurrency: int) -> None:
        self.owner = new_id()
        self._is_broken = False
        self.flow = Flow(concurrency * AHEAD)
        self.transport = open_transport()
        self.recorder = Recorder(self.owner, self.flow)
        self.deliverer = Deliverer(self.flow, self.transport, concurrency)
        self.feeder = Feeder(self.owner, self.flow, self.deliverer.windows.allowance, self.transport.wake)
        self.replayer = Replayer(self.owner, self.flow)
        self.housekeeper = Housekeeper(self.owner, self.flow, concurrency, lambda: self.recorder.delivered, self._obey)
        self.pruner = Pruner(self.owner, self.flow.is_stopping)
        self.alerter = Alerter(self.owner, self.flow.is_stopping)
        self.counting = CountingThread(self.owner, self.flow.is_stopping)
        self.checkpointer = Checkpointer(self.flow.is_stopping)

    def run(self) -> bool:
        """Until SIGTERM or SIGINT; a second signal leaves at once, and the claims to the reconciler.

        Returns whether all went well: a thread that ends by a fault of ours stops the process, so that whoever watches
        it starts a whole one.
        """
        threading.excepthook = self._on_fault
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        connection.close()
        tracing.start()
        garbage.settle()
        threads = (
            self.housekeeper,
            self.recorder,
            self.feeder,
            self.replayer,
            self.pruner,
            self.alerter,
            self.counting,
            *(() if is_postgres() else (self.checkpointer,)),
        )
        for thread in threads:
            thread.start()
        logger.info("Consumer %s delivers.", self.owner)
        self.deliverer.run(settings.SWITCH_SHUTDOWN_SECONDS)
        self.recorder.join(RECORD_SECONDS)
        self.housekeeper.finish()
        self.housekeeper.join(RECORD_SECONDS)
        self.feeder.join(RECORD_SECONDS)
        self.replayer.join(RECORD_SECONDS)
        self.pruner.join(RECORD_SECONDS)
        self.alerter.join(RECORD_SECONDS)
        self.counting.join(RECORD_SECONDS)
        self.transport.close()
        tallies.write_last()
        tracing.stop()
        logger.info("Consumer %s has stopped; it delivered %d.", self.owner, self.recorder.delivered)
        return not self._is_broken

    def stop(self) -> None:
        """Fetches no more, finishes what is in flight, hands back the rest."""
        self.flow.is_stopping.set()
        self.feeder.stop()
        self.transport.wake()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.flow.is_stopping.is_set():
            os._exit(1)
        self.stop()

    def _on_fault(self, fault: threading.ExceptHookArgs) -> None:
        name = fault.thread.name if fault.thread else "a thread"
        logger.critical("The %s ended by a fault; the process stops.", name, exc_info=fault.exc_value)
        self._is_broken = True
        self.flow.is_fed_up.set()  # the feeder may be the one that ended
        self.stop()

    def _obey(self, wish: Signal) -> None:
        if self.flow.is_stopping.is_set():
            return  # a second signal would cut off what is in flight
        if wish is Signal.TERMINATE:
            logger.info("Consumer %s was told by the queue to stop.", self.owner)
            self.stop()
        elif wish is Signal.QUIET and not self.flow.is_quiet.is_set():
            logger.info("Consumer %s was told to fetch no more.", self.owner)
            self.flow.is_quiet.set()
            self.feeder.stop()
