#!/usr/bin/env python3
"""Runs Switch's management commands and Django's own."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import InterfaceError, OperationalError

from subscribers.away import HINT, away


def main() -> None:
    """Where the database does not answer one of Django's own commands ends as ours do: with a sentence."""
    try:
        execute_from_command_line(sys.argv)
    except (OperationalError, InterfaceError):
        told = "" if "--traceback" in sys.argv else away()
        if not told:
            raise
        sys.exit(f"DatabaseAwayError: {told} {HINT}")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "switchsite.settings")
    main()
