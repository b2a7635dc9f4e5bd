"""The thread that carries out replays, if no other process does. No slow step of theirs delays a heartbeat."""

import logging
import threading
import time
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from dispatch import leases
from dispatch.consumer.flow import Flow
from dispatch.consumer.mending import Mender
from dispatch.consumer.patience import Patience
from dispatch.ledger.reading import is_unreadable
from dispatch.replays.advancing import advance, running
from dispatch.replays.requesting import stop

#: How often a consumer looks whether a replay was asked for, and how soon a replay that had to wait goes on.
LOOK_SECONDS = 1.0
STEP_PAUSE_SECONDS = 0.1
REPLAYER = "replayer"
LEASE = timedelta(seconds=10)
RENEW_SECONDS = 2.0

logger = logging.getLogger(__name__)


class Replayer(threading.Thread):
    """Steps through all running replays in turn, so that a long one does not keep a short one waiting."""

    def __init__(self, owner: UUID, flow: Flow) -> None:
        super().__init__(name="replayer", daemon=True)
        self.owner = owner
        self._is_stopping = flow.is_stopping
        self._database = Patience("The database", flow.is_stopping)
        self._mender = Mender(with_newest=True)
        self._leased_at = -RENEW_SECONDS

    def run(self) -> None:
        try:
            while not self._is_stopping.is_set():
                self._is_stopping.wait(self._look())
            self._leave()
        finally:
            connection.close()

    def _look(self) -> float:
        """Does one step of each replay; returns how long to wait for the next look, in seconds."""
        try:
            found = running()
            if not found or not self._has_lease():
                return LOOK_SECONDS
            is_hungry = [self._advance(replay_id) for replay_id in found]
        except (OperationalError, InterfaceError) as error:
            if not self._mender.mends_text(error):
                connection.close()
                self._database.failed(error)
            return STEP_PAUSE_SECONDS
        except Exception as fault:  # the border around damaged rows
            if not self._mender.mends(fault):
                raise
            return STEP_PAUSE_SECONDS
        self._database.worked()
        return 0.0 if any(is_hungry) else STEP_PAUSE_SECONDS

    def _advance(self, replay_id: UUID) -> bool:
        try:
            return not self._is_stopping.is_set() and advance(replay_id)
        except (OperationalError, InterfaceError) as error:
            if not is_unreadable(error):
                raise
            if not self._mender.mends(error):
                logger.exception("Replay %s met what nobody can read and is stopped.", replay_id)
                stop(replay_id)
        except Exception:  # the border around one replay: its fault must not stop the others, nor the consumer
            logger.exception("Replay %s met a fault and is stopped.", replay_id)
            stop(replay_id)
        return False

    def _has_lease(self) -> bool:
        """Two that step at once would do no harm, but each other's work."""
        now = time.monotonic()
        if now - self._leased_at < RENEW_SECONDS:
            return True
        if leases.acquire(REPLAYER, self.owner, LEASE):
            self._leased_at = now
            return True
        return False

    def _leave(self) -> None:
        try:
            leases.give_up(REPLAYER, self.owner)
        except DatabaseError as error:
            logger.warning("Could not give up the replays to another process: %s", error)
