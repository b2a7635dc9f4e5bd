"""`manage.py pause <name or id>`: holds a subscriber's events until it is resumed."""

from typing import Any

from django.core.management.base import CommandParser

from dispatch.management.arguments import operator, subscriber_called
from subscribers.acting import acting
from subscribers.management.database import DatabaseCommand
from subscribers.models import Subscriber

MAX_REASON = 400


class Command(DatabaseCommand):
    help = "Pauses a subscriber: its events are held, not lost, until it is resumed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subscriber", metavar="NAME_OR_ID")
        parser.add_argument("--reason", default="", help="shown to whoever wonders why it is paused")

    def handle(self, *args: Any, **options: Any) -> None:
        subscriber = subscriber_called(options["subscriber"])
        reason = options["reason"][:MAX_REASON] or f"Paused by {operator()}."
        with acting(operator(), "manage.py pause"):
            is_paused_now = Subscriber.objects.filter(pk=subscriber.pk).pause(reason)
        if is_paused_now:
            self.stdout.write(self.style.SUCCESS(f"{subscriber} is paused. Its events are held from now on."))
        else:
            self.stdout.write(f"{subscriber} was paused already: {subscriber.state_reason}")
