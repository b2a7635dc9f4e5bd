"""`manage.py subscribe <topic> <url>`: adds a subscriber."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from subscribers.models import Subscriber


class Command(BaseCommand):
    help = "Adds a subscriber of TOPIC, whose events are sent to URL."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("topic")
        parser.add_argument("url")
        parser.add_argument("--filter", default="", help="an expression over data (default: every event)")
        parser.add_argument("--name", default="", help="a short name for people")

    def handle(self, *args: Any, **options: Any) -> None:
        subscriber = Subscriber(
            topic=options["topic"],
            target_url=options["url"],
            filter_expression=options["filter"],
            name=options["name"],
            # Where the database has a default, the form has none to check.
            state=Subscriber.State.ACTIVE,
            retry_limit=25,
        )
        try:
            subscriber.full_clean()
        except ValidationError as error:
            raise CommandError(_as_text(error)) from error
        subscriber.save()
        self.stdout.write(self.style.SUCCESS(f"Subscriber {subscriber.pk} hears of {subscriber.topic}."))


def _as_text(error: ValidationError) -> str:
    return "\n".join(f"{field}: {message}" for field, messages in error.message_dict.items() for message in messages)
