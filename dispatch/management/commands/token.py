"""`manage.py token <author>`: prints a publisher's token."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from dispatch.moments import duration
from dispatch.tokens import MAX_AUTHOR_LENGTH, PublisherToken
from subscribers.management.checked import CheckedCommand
from subscribers.validators import validate_topic


class Command(CheckedCommand):
    help = "Prints a token with which AUTHOR may publish."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("author", help="the publisher's name")
        parser.add_argument(
            "--topic",
            action="append",
            help="a topic it may publish on; repeatable; * at the end is a wildcard",
        )
        parser.add_argument(
            "--expires", type=duration, help="how long it holds, as in 90d, 12h, 30m (default: for ever)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        author = options["author"]
        if len(author) > MAX_AUTHOR_LENGTH:
            raise CommandError(f"The author's name is longer than {MAX_AUTHOR_LENGTH} characters.")
        try:
            for topic in options["topic"] or ():
                validate_topic(topic)
        except ValidationError as error:
            raise CommandError(f"--topic {topic!r}: {error.message}") from error
        self.stdout.write(str(PublisherToken.issue(author, options["topic"], options["expires"])))
