"""Tells the faults that damaged rows cause from our own, and mends those rows, so that none of them stops consumers."""

import logging
import time
from collections import Counter

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from dispatch.ledger.dialect import is_postgres
from dispatch.ledger.reading import is_unreadable
from dispatch.mending import mend_damage

#: A fault for which nothing damaged is found may be met once in so long: another process may have mended it just now.
VAIN_SECONDS = 10.0
#: Before the next try, where the database let nobody mend: somebody else may be writing.
REFUSED_SECONDS = 1.0

logger = logging.getLogger(__name__)


class Mender:
    """Used by one thread; `with_newest` is for those who read what is settled."""

    def __init__(self, *, with_newest: bool = False) -> None:
        self._with_newest = with_newest
        self._vain_until = 0.0

    def mends(self, fault: Exception) -> bool:
        """Whether what met the fault may be tried again."""
        if is_postgres():
            return False  # it holds nothing that its types forbid
        mended = self._mend()
        if mended is None:
            time.sleep(REFUSED_SECONDS)
            return True
        if mended:
            rows = ", ".join(f"{count} {what}" for what, count in mended.items())
            logger.error("Damaged rows were in the way (%s) and are mended: %s.", type(fault).__name__, rows)
            return True
        is_first = time.monotonic() >= self._vain_until
        self._vain_until = time.monotonic() + VAIN_SECONDS
        if is_first:
            logger.error("Another process may have mended what caused this fault.", exc_info=fault)
        return is_first

    def mends_text(self, error: Exception) -> bool:
        """The same of an error that may as well tell of a database that is away, which is to be waited for."""
        return is_unreadable(error) and self.mends(error)

    def _mend(self) -> Counter[str] | None:
        """What was mended; None if the database did not let us find out."""
        try:
            return mend_damage(timezone.now(), with_newest=self._with_newest)
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            logger.warning("Could not mend damaged rows, if there are any; trying again: %s", error)
            return None
