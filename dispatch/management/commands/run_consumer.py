"""`manage.py run_consumer`: delivers what was published."""

import os
import sys
from argparse import SUPPRESS, ArgumentTypeError
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import InterfaceError, OperationalError, connection

from dispatch import parents
from dispatch.consumer.process import ConsumerProcess
from dispatch.consumer.supervision import Supervisor, child_command
from subscribers.management.database import DatabaseCommand


def at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


class Command(DatabaseCommand):
    help = "Delivers what was published, until SIGTERM or SIGINT."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--processes", type=at_least_one, default=os.cpu_count() or 1, help="default: one for each core"
        )
        parser.add_argument(
            "--concurrency",
            type=at_least_one,
            default=settings.SWITCH_CONSUMER_CONCURRENCY_LEVEL,
            help="requests in flight in one process (default: SWITCH_CONSUMER_CONCURRENCY_LEVEL)",
        )

        parser.add_argument("--supervisor", type=int, help=SUPPRESS)  # the process to end with

    def check_migrations(self) -> None:
        """A database that is away is waited for, now as later."""
        with suppress(OperationalError, InterfaceError):
            super().check_migrations()
        connection.close()  # the processes have their own

    def handle(self, *args: Any, **options: Any) -> None:
        if options["processes"] > 1:
            Supervisor(child_command(options["concurrency"]), options["processes"]).run()
            return
        process = ConsumerProcess(options["concurrency"])
        if options["supervisor"]:
            # No SIGTERM: a second one cuts off what a process that stops already is finishing.
            parents.end_with(options["supervisor"], process.stop)
        if not process.run():
            sys.exit(1)
