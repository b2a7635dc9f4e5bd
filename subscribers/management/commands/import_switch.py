"""`manage.py import_switch <old.db>`: takes over the subscribers of the original."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from subscribers.acting import acting, operator
from subscribers.management.database import DatabaseCommand
from subscribers.originals import OriginalError, Taken, read_originals, take_over


class Command(DatabaseCommand):
    help = "Takes over the subscribers of the original's SQLite file; may be run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the original's SQLite file")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with acting(operator(), "manage.py import_switch"):
                taken = take_over(read_originals(options["file"]))
        except OriginalError as error:
            raise CommandError(str(error)) from error
        for each in taken:
            if each.problem:
                self.stdout.write(self._told(each))
        imported = sum(each.subscriber is not None for each in taken)
        self.stdout.write(self.style.SUCCESS(f"{imported} of {len(taken)} subscribers were imported."))

    def _told(self, taken: Taken) -> str:
        act = "not imported" if taken.subscriber is None else f"imported paused as {taken.subscriber.pk}"
        return self.style.WARNING(f"Row {taken.row.id} ({taken.row.topic}) was {act}: {taken.problem}")
