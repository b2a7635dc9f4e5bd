"""`manage.py doctor`: says what is wrong with the hub, and repairs what can be."""

import sys
from contextlib import closing
from typing import Any

from django.core.management.base import CommandParser
from django.db import DatabaseError

from dispatch.diagnosis import Trouble, examine, repair
from dispatch.queues import open_queue
from dispatch.queues.base import Queue, QueueUnavailableError
from subscribers.management.checked import CheckedCommand


class Command(CheckedCommand):
    help = "Compares the ledger with the queue and says what is wrong; exits with 1 if anything is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--repair", action="store_true", help="do at once what the consumers' reconciler would do, and look again"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with closing(open_queue()) as queue:
            troubles = examine(queue)
            if troubles and options["repair"]:
                self._tell(troubles)
                self._repair(queue)
                troubles = examine(queue)
        self._tell(troubles)
        if troubles:
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS("All is well."))

    def _repair(self, queue: Queue) -> None:
        try:
            self.stdout.write(f"Repaired: {repair(queue)}.")
        except (DatabaseError, QueueUnavailableError) as error:
            self.stderr.write(f"Could not repair all: {error}")

    def _tell(self, troubles: list[Trouble]) -> None:
        for trouble in troubles:
            self.stdout.write(self.style.ERROR(str(trouble)))
