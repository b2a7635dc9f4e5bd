"""`manage.py publish <topic> <json>`: publishes an event from the command line."""

import getpass
from typing import Any

from django.core.management.base import CommandError, CommandParser

from dispatch import pushing
from dispatch.bodies import read_own_event
from dispatch.payloads import PayloadError
from dispatch.problems import ContentTooLargeError
from dispatch.publishing import Accepted, accept
from subscribers.management.database import DatabaseCommand

PUSH_SECONDS = 5.0


class Command(DatabaseCommand):
    help = """Publishes an event, as POST /publish would: manage.py publish order.created '{"body": {"total": 120}}'"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("topic")
        parser.add_argument("data", help="the payload, a JSON object with body, headers, query_params, path_params, …")
        parser.add_argument("--author", default=getpass.getuser(), help="default: your login name")
        parser.add_argument("--key", help="idempotency key: the same key again publishes nothing new")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            event = read_own_event(*(options[name] for name in ("topic", "data", "author", "key")))
            result = accept([event])[0]
        except (PayloadError, ContentTooLargeError) as error:
            place = f" ({error.place})" if isinstance(error, PayloadError) and error.place else ""
            raise CommandError(f"{error}{place}") from error
        if not isinstance(result, Accepted):
            raise CommandError(str(result))
        pushing.wait_until_idle(PUSH_SECONDS)
        self._tell(result)

    def _tell(self, result: Accepted) -> None:
        if result.matched is None:
            reach = "the consumer works out who hears of it"
        else:
            reach = f"{result.matched} subscriber{'' if result.matched == 1 else 's'} will hear of it"
        again = " (a duplicate: published before)" if result.is_duplicate else ""
        self.stdout.write(self.style.SUCCESS(f"Event {result.id}: {reach}{again}."))
