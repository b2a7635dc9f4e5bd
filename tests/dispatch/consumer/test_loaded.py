"""A consumer serves no page, so it keeps none of what makes them in its memory."""

import os
import subprocess
import sys

LOADED = """
import sys
import django
django.setup()
from django.core.checks import run_checks
from dispatch.management.commands.run_consumer import Command
run_checks(tags=Command.requires_system_checks)
unwanted = {"dispatch.admin", "unfold.admin", "rest_framework.views", "switchsite.urls", "psycopg"}
print(unwanted & set(sys.modules))
"""


def test_a_consumer_loads_neither_the_admin_nor_the_api_and_on_sqlite_no_driver_of_postgres() -> None:
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.strip() == "set()"
