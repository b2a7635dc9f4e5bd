"""A database that nobody has migrated: told in a sentence, before a command trips over it."""

from django.core.management.base import CommandError
from django.db import connection

from subscribers.models import Subscriber

NO_TABLES = "The database has no tables yet: run manage.py migrate."


def demand_tables() -> None:
    """Raises CommandError if the database is empty."""
    if Subscriber._meta.db_table not in connection.introspection.table_names():
        raise CommandError(NO_TABLES)
