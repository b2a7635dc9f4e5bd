"""What all commands of ours have in common: with which checks they begin."""

from django.core.management.base import BaseCommand


class CheckedCommand(BaseCommand):
    """Checks the settings, which differ from hub to hub. The code's checks load the admin and the API, which takes
    longer than most commands do and stays in memory; CI runs them, and the web server's workers at their start."""

    requires_system_checks: tuple[str, ...] = ("switch",)
