"""`manage.py serve`: runs the web server."""

import errno
import os
import resource
import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from subscribers.management.checked import CheckedCommand

#: Files that a process has open besides its connections.
SPARE_FILES = 256
SERVER = settings.BASE_DIR / "switchsite" / "web" / "server.py"
#: Makes the server's own lines JSON as well.
JSON_LOGGING = settings.BASE_DIR / "switchsite" / "web" / "granian_json.json"
#: What the kernel holds of connections that are not accepted yet.
BACKLOG = 4096


class Command(CheckedCommand):
    help = "Serves publishers and the admin, at SWITCH_SERVER_HOST and SWITCH_SERVER_PORT."

    def handle(self, *args: Any, **options: Any) -> None:
        _check_free(settings.SWITCH_SERVER_HOST, settings.SWITCH_SERVER_PORT)
        _allow_files(settings.SWITCH_WEB_CONNECTIONS + SPARE_FILES)
        # The server takes this process over, so that signals reach it and nothing else.
        # -P: what stands beside the file is not to be imported in the place of packages.
        os.execv(sys.executable, [sys.executable, "-P", str(SERVER), *_arguments()])  # noqa: S606 - no shell wanted


def _arguments() -> list[str]:
    timeout_seconds = settings.SWITCH_REQUEST_TIMEOUT_SECONDS
    return [
        "switchsite.rsgi:application",
        *("--interface", "rsgi"),
        *("--working-dir", str(settings.BASE_DIR)),
        *("--host", settings.SWITCH_SERVER_HOST),
        *("--port", str(settings.SWITCH_SERVER_PORT)),
        *("--workers", str(settings.SWITCH_WEB_PROCESSES)),
        *("--backlog", str(BACKLOG)),
        *("--backpressure", str(settings.SWITCH_WEB_CONNECTIONS)),
        # Not `auto`: to tell the versions apart it waits for a first byte, without a time-out.
        *("--http", "1"),
        *("--http1-header-read-timeout", str(round(timeout_seconds * 1000))),
        *("--workers-kill-timeout", str(round(timeout_seconds) + 10)),
        *("--log-level", settings.SWITCH_LOG_LEVEL.lower()),
        "--respawn-failed-workers",
        "--no-ws",
        *(("--log-config", str(JSON_LOGGING)) if settings.SWITCH_LOG_FORMAT == "json" else ()),
    ]


def _check_free(host: str, port: int) -> None:
    """The server's workers share their port: they would with those of another hub too, and each take some events."""
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            text = f"Another process listens at {host}:{port}. Stop it, or set SWITCH_SERVER_PORT to a free port."
        else:
            text = f"No server can listen at {host}:{port}: {error.strerror or error}."
        raise CommandError(text) from error


def _allow_files(wanted: int) -> None:
    """Raises this process's own limit of open files, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
