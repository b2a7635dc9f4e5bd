"""What all commands of ours that work on the database have in common; manage.py does the like for Django's own."""

from typing import Any

from django.core.management.base import CommandError
from django.db import InterfaceError, OperationalError, connection

from subscribers.away import HINT, away, refused
from subscribers.management.checked import CheckedCommand
from subscribers.models import Subscriber

NO_TABLES = "The database has no tables yet: run manage.py migrate."


class DatabaseAwayError(CommandError):
    """The text says why it does not answer."""


class DatabaseRefusalError(CommandError):
    """It answers, but has refused a statement; the text says why."""


class DatabaseCommand(CheckedCommand):
    """Ends with a sentence on a database that does not answer, that refuses, or that nobody has migrated."""

    requires_migrations_checks = True

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except (OperationalError, InterfaceError) as error:
            if told := away():
                raise DatabaseAwayError(f"{told} {HINT}") from error
            raise DatabaseRefusalError(refused(error)) from error

    def check_migrations(self) -> None:
        """Django's hook between the system checks and the work. Raises CommandError if the database is empty."""
        if Subscriber._meta.db_table not in connection.introspection.table_names():
            raise CommandError(NO_TABLES)
