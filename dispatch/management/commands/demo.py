"""`manage.py demo`: fills an empty hub with a day of made-up traffic; with --live, plays its surroundings."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from dispatch.demo.filling import NotEmptyError, fill
from dispatch.demo.live import play
from dispatch.management.progress import bar
from subscribers.management.database import DatabaseCommand

WEEK_SECONDS = 7 * 86_400.0


class Command(DatabaseCommand):
    help = "Fills an EMPTY database with subscribers and a day of traffic, to look at. `make demo` runs it all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--or-keep", action="store_true", help="leave a database that is not empty as it is")
        parser.add_argument("--live", action="store_true", help="answer for the subscribers, and publish, until Ctrl-C")
        parser.add_argument("--seconds", type=float, default=WEEK_SECONDS, help="end --live after so long")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["live"]:
            self._play(options["seconds"])
            return
        try:
            with bar(self.stdout) as shown:
                day = fill(shown.tell if self.stdout.isatty() else lambda *told: None)
        except NotEmptyError as error:
            if not options["or_keep"]:
                raise CommandError(str(error)) from error
            self.stdout.write("The demo goes on with what is there.")
            return
        self.stdout.write(self.style.SUCCESS(f"A day of {day.events:,} events and {day.attempts:,} attempts is there."))

    def _play(self, seconds: float) -> None:
        try:
            play(f"http://127.0.0.1:{settings.SWITCH_SERVER_PORT}", seconds)
        except OSError as error:
            raise CommandError(f"The demo's receiver cannot listen: {error.strerror}.") from error
        except KeyboardInterrupt:
            pass
