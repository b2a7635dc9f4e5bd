"""`manage.py resume <name or id>`: ends a pause; what was held is sent, or discarded."""

from typing import Any

from django.core.management.base import CommandParser

from dispatch.management.arguments import operator, positive_rate, subscriber_called
from dispatch.resuming import resume
from subscribers.acting import acting
from subscribers.management.database import DatabaseCommand
from subscribers.models import Subscriber


class Command(DatabaseCommand):
    help = "Resumes a paused subscriber. What was held for it is sent, unless it is to be discarded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subscriber", metavar="NAME_OR_ID")
        parser.add_argument("--discard", action="store_true", help="cancel all that waits, instead of sending it")
        parser.add_argument(
            "--rate", type=positive_rate, help="its rate limit from now on, requests a second (default: as it is)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        subscriber = subscriber_called(options["subscriber"])
        with acting(operator(), "manage.py resume"):
            resumed = resume(
                Subscriber.objects.filter(pk=subscriber.pk),
                discard=options["discard"],
                rate_limit_per_second=options["rate"],
            )
        if not resumed.subscribers:
            self.stdout.write(f"{subscriber} is not paused.")
        elif options["discard"]:
            self.stdout.write(self.style.SUCCESS(f"{subscriber} is resumed. Discarded: {resumed.discarded:,}."))
        else:
            sent = "What was held is sent, oldest first; that begins within seconds."
            self.stdout.write(self.style.SUCCESS(f"{subscriber} is resumed. {sent}"))
