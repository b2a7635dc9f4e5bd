"""`manage.py consumer_alive`: whether a consumer of this machine lives, for a probe of a process that has no port."""

import socket
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from dispatch.models import Consumer
from dispatch.reconciliation import HEARTBEAT_STALE, living_consumers
from subscribers.management.database import DatabaseAwayError, DatabaseCommand, DatabaseRefusalError


class Command(DatabaseCommand):
    help = "Exits with 1 if no consumer of this machine, or container, has written its heartbeat lately."
    requires_system_checks = ()  # it is called every few seconds

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except (DatabaseAwayError, DatabaseRefusalError) as error:
            # The consumer waits for it; to restart it would not help, and would lose what it has in hand.
            self.stdout.write(f"{error} So nobody can tell; consumers wait for it.")
            return None

    def handle(self, *args: Any, **options: Any) -> None:
        host = socket.gethostname()
        ours = Consumer.objects.filter(host=host)
        alive = ours.filter(pk__in=living_consumers(timezone.now())).count()
        if not alive:
            last = ours.order_by("-beat_at").values_list("beat_at", flat=True).first()
            told = f"the last one wrote its heartbeat at {last:%Y-%m-%d %H:%M:%S} UTC" if last else "none is known"
            raise CommandError(
                f"No consumer of {host} has written its heartbeat within {HEARTBEAT_STALE.seconds} seconds: {told}."
            )
        self.stdout.write(f"Consumers of {host} that are alive: {alive}.")
