"""What all commands that work on the database have in common."""

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from subscribers.models import Subscriber

NO_TABLES = "The database has no tables yet: run manage.py migrate."


class DatabaseCommand(BaseCommand):
    """Ends with a sentence on a database that nobody has migrated, before it trips over it."""

    requires_migrations_checks = True

    def check_migrations(self) -> None:
        """Django's hook between the system checks and the work. Raises CommandError if the database is empty."""
        if Subscriber._meta.db_table not in connection.introspection.table_names():
            raise CommandError(NO_TABLES)
