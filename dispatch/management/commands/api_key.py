"""`manage.py api_key <name>`: makes a key to the management API and prints it, once."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from dispatch.api import keys
from dispatch.management.arguments import operator
from dispatch.moments import duration
from dispatch.scopes import SCOPES
from subscribers.management.database import DatabaseCommand


class Command(DatabaseCommand):
    help = "Makes an API key for the machine NAME and prints it. It is not kept, and cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="which machine holds it")
        parser.add_argument(
            "--scope",
            action="append",
            required=True,
            choices=[*SCOPES, "all"],
            help="what it may do; repeatable",
        )
        parser.add_argument(
            "--expires", type=duration, help="how long it holds, as in 90d, 12h, 30m (default: until it is deleted)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        scopes = SCOPES if "all" in options["scope"] else dict.fromkeys(options["scope"])
        expires_at = timezone.now() + options["expires"] if options["expires"] else None
        try:
            _, text = keys.make(options["name"], list(scopes), operator(), expires_at)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        self.stdout.write(text)
