"""`manage.py prune`: removes now what is past its time, or tells what that would be."""

import time
from argparse import ArgumentTypeError
from collections import Counter
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from dispatch.identifiers import new_id
from dispatch.management.progress import bar
from dispatch.pruning import BATCH, Removed, Turn, as_text, prune, removable
from subscribers.management.database import DatabaseCommand

PROGRESS_SECONDS = 2.0


def at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


class Command(DatabaseCommand):
    help = "Removes now what is past its time by SWITCH_KEEP_…; the consumers do the same every few minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="remove nothing; tell what would be")
        parser.add_argument("--batch", type=at_least_one, default=BATCH, help=f"rows of a step (default: {BATCH})")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self.stdout.write(f"Would remove: {as_text(removable(timezone.now()))}.")
            return
        turn = Turn(new_id())
        turn.take_over()
        try:
            self._prune(options["batch"], turn)
        finally:
            turn.give_up()

    def _prune(self, batch: int, turn: Turn) -> None:
        total: Removed = Counter()
        told_at = time.monotonic()
        with bar(self.stdout) as shown:
            for removed in prune(timezone.now(), batch, lambda seconds: _rest(turn, seconds)):
                total.update(removed)
                if time.monotonic() - told_at > PROGRESS_SECONDS:
                    told_at = time.monotonic()
                    shown.tell(f"So far: {as_text(total)}.", sum(total.values()))
        self.stdout.write(self.style.SUCCESS(f"Removed: {as_text(total)}."))


def _rest(turn: Turn, seconds: float) -> bool:
    """Whether to stop: another prune was started by hand."""
    time.sleep(seconds)
    return not turn.keep()
