"""`manage.py migrate`: Django's own, which begins with the checks that ours begin with, and those of the database."""

from django.core.checks import Tags
from django.core.management.commands import migrate

from subscribers.management.checked import CheckedCommand


class Command(CheckedCommand, migrate.Command):
    requires_system_checks = (*CheckedCommand.requires_system_checks, Tags.database)
