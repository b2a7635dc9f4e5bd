"""`manage.py subscribe <topic> <url>`: adds a subscriber, with past events if wished."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from dispatch.management.arguments import as_moment, operator, positive_rate
from dispatch.replays.requesting import ReplayRefusedError, backfill_wish, request
from subscribers.acting import acting
from subscribers.filters.slips import find_slip
from subscribers.management.database import DatabaseCommand
from subscribers.models import Subscriber
from subscribers.topics import slip_in


class Command(DatabaseCommand):
    help = "Adds a subscriber of TOPIC, whose events are sent to URL."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("topic")
        parser.add_argument("url")
        parser.add_argument("--filter", default="", help="an expression over data (default: every event)")
        parser.add_argument("--name", default="", help="a short name for people")
        parser.add_argument("--since", type=as_moment, help="send also past events: 2h ago, or since 2026-01-31T08:00")
        parser.add_argument("--rate", type=positive_rate, help="past events a second (default: as fast as it goes)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["rate"] and not options["since"]:
            raise CommandError("--rate is that of past events: it needs --since.")
        subscriber = Subscriber(
            topic=options["topic"],
            target_url=options["url"],
            filter_expression=options["filter"],
            name=options["name"],
            # Where the database has a default, the form has none to check.
            state=Subscriber.State.ACTIVE,
            retry_limit=25,
        )
        past = None
        try:
            subscriber.full_clean()
            with transaction.atomic(), acting(operator(), "manage.py subscribe"):
                subscriber.save()
                if options["since"]:
                    past = request(backfill_wish(subscriber, options["since"], options["rate"]), operator())
        except ValidationError as error:
            raise CommandError(_as_text(error)) from error
        except ReplayRefusedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"Subscriber {subscriber.pk} hears of {subscriber.topic}."))
        for doubt in _doubts(subscriber):
            self.stderr.write(self.style.WARNING(doubt))
        if past:
            count = "10,000+" if past.total is None else f"{past.total:,}"
            self.stdout.write(f"Past events to look at: {count}. The consumers send them: replay {past.pk}.")


def _doubts(subscriber: Subscriber) -> Iterator[str]:
    """What the admin warns of as well."""
    if slip_of_topic := slip_in(subscriber.topic):
        yield f"Is the topic the one you mean? {slip_of_topic}"
    if slip := find_slip(subscriber.filter_expression):
        yield f"Is the filter the one you mean? {slip.message} {slip.hint}"


def _as_text(error: ValidationError) -> str:
    return "\n".join(_line(field, text) for field, texts in error.message_dict.items() for text in texts)


def _line(field: str, text: str) -> str:
    return text if field == NON_FIELD_ERRORS else f"{field}: {text}"
