"""A consumer serves no page, so it keeps none of what makes them in its memory."""

import subprocess
import sys

LOADED = """
import sys
import django
django.setup()
from django.core.checks import run_checks
from dispatch.management.commands.run_consumer import Command
run_checks(tags=Command.requires_system_checks)
print({"dispatch.admin", "unfold.admin", "rest_framework.views", "switchsite.urls"} & set(sys.modules))
"""


def test_a_consumer_loads_neither_the_admin_nor_the_api() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
