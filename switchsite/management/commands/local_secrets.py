"""`manage.py local_secrets`: makes the secrets of a local hub, if there are none."""

import os
import secrets
from typing import Any

from django.core.management.base import BaseCommand

from switchsite.environment import BASE_DIR

DEMANDED = ("SWITCH_SECRET_KEY", "SWITCH_JWT_SECRET")


class Command(BaseCommand):
    help = "Writes those of SWITCH_SECRET_KEY and SWITCH_JWT_SECRET into .env that are set nowhere."
    requires_system_checks = []  # they would demand the secrets that this command makes

    def handle(self, *args: Any, **options: Any) -> None:
        missing = [name for name in DEMANDED if not os.environ.get(name)]
        if not missing:
            return
        path = BASE_DIR / ".env"
        lines = [f"{name}={secrets.token_urlsafe(48)}\n" for name in missing]
        before = path.read_text() if path.exists() else ""
        separator = "\n" if before and not before.endswith("\n") else ""
        path.touch(mode=0o600)
        path.write_text(before + separator + "".join(lines))
        self.stdout.write(f"Wrote {' and '.join(missing)} into {path}.")
