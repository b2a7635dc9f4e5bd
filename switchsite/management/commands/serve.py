"""`manage.py serve`: runs the web server."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from switchsite import server


class Command(BaseCommand):
    help = "Serves publishers and the admin, at SWITCH_SERVER_HOST and SWITCH_SERVER_PORT."

    def handle(self, *args: Any, **options: Any) -> None:
        # The server takes this process over, so that signals reach it and nothing else.
        os.execv(sys.executable, [sys.executable, server.__file__, *self._arguments()])  # noqa: S606 - no shell wanted

    def _arguments(self) -> list[str]:
        return [
            "switchsite.wsgi:application",
            *("--interface", "wsgi"),
            *("--working-dir", str(settings.BASE_DIR)),
            *("--host", settings.SWITCH_SERVER_HOST),
            *("--port", str(settings.SWITCH_SERVER_PORT)),
            *("--workers", str(settings.SWITCH_WEB_PROCESSES)),
            *("--blocking-threads", str(settings.SWITCH_WEB_READERS + settings.SWITCH_WEB_THREADS)),
            *("--log-level", settings.SWITCH_LOG_LEVEL.lower()),
            "--respawn-failed-workers",
            "--no-ws",
        ]
