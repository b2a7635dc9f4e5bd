"""`manage.py migrate`: Django's own, which tells in a sentence that the database does not answer."""

from django.core.checks import Tags
from django.core.management.commands import migrate

from subscribers.management.database import TellingCommand


class Command(TellingCommand, migrate.Command):
    requires_system_checks = (*TellingCommand.requires_system_checks, Tags.database)
