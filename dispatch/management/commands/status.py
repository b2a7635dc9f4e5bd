"""`manage.py status`: the hub at a glance, kept up to date on a terminal, written once where it is piped."""

import time
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from dispatch.glance import COUNTED, Glance, glance
from dispatch.management.tables import demand_tables
from dispatch.management.terminal import console_for, line

LOOK_SECONDS = 2.0
#: Eight heights of a column, the lowest for nothing at all.
HEIGHTS = "▁▂▃▄▅▆▇█"


class Command(BaseCommand):
    help = "Shows how the hub does, until Ctrl-C; once with --once, or where the output is piped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="write it once, as plain lines")

    def handle(self, *args: Any, **options: Any) -> None:
        demand_tables()
        console = console_for(self.stdout)
        if options["once"] or not console.is_terminal:
            for told in lines(glance(timezone.now())):
                console.print(told)
            return
        try:
            with Live(screen(glance(timezone.now())), console=console, screen=True, auto_refresh=False) as live:
                while True:
                    time.sleep(LOOK_SECONDS)
                    live.update(screen(glance(timezone.now())), refresh=True)
        except KeyboardInterrupt:
            pass


def screen(found: Glance) -> RenderableType:
    """The same lines, with the failures as a table."""
    failures = Table("Subscriber", "Result", "Last hour", title="Failures", title_justify="left", expand=False)
    for failure in found.failures:
        failures.add_row(line(failure.subscriber), line(failure.result), f"{failure.count:,}")
    shown: list[RenderableType] = [*lines(found, with_failures=False), Text()]
    if found.failures:
        shown.append(failures)
    return Group(*shown, line((f"{found.now:%H:%M:%S} UTC · Ctrl-C ends it", "dim")))


def lines(found: Glance, *, with_failures: bool = True) -> list[Text]:
    told = [_health(found), *_traffic(found), *_waiting(found), *_consumers(found), *_breakers(found)]
    if with_failures:
        told += [line(f"failing    {each.subscriber}: {each.result}, {each.count:,} times") for each in found.failures]
    return told


def _health(found: Glance) -> Text:
    if found.troubles:
        return line(("trouble    ", "bold red"), (found.troubles[0], "red"))
    if found.breakers:
        return line(("delivering ", "bold yellow"), "but not to all: some subscribers are left alone, see below.")
    return line(("healthy    ", "bold green"), "Work is being done, or there is none.")


def _traffic(found: Glance) -> list[Text]:
    tries = found.arrived + found.failed
    success = f"{found.arrived / tries:.1%}" if tries else "—"
    return [
        line(f"events     {sum(found.events):,} in the last hour  ", (_columns(found.events), "cyan")),
        line(f"deliveries {found.deliveries:,} made, {tries:,} tries, {success} of them arrived"),
        line(f"latency    p50 {_told_ms(found.p50_ms)}, p99 {_told_ms(found.p99_ms)}"),
    ]


def _waiting(found: Glance) -> list[Text]:
    counts = ", ".join(f"{_counted(count)} {state}" for state, count in found.waiting.items())
    is_overdue = found.due_for >= timedelta(seconds=1)
    age = f"the oldest due for {_told_age(found.due_for)}" if is_overdue else "none is overdue"
    return [line(f"waiting    {counts}; {age}")]


def _consumers(found: Glance) -> list[Text]:
    return [
        line(
            f"consumer   {each}  {each.in_flight:,} of {each.concurrency:,} in flight, {each.delivered:,} delivered"
            f"{', is stopping' if each.is_stopping else ''}"
        )
        for each in found.consumers
    ]


def _breakers(found: Glance) -> list[Text]:
    told = [
        line((f"breaker    {each.subscriber}: {each.get_breaker_display()}, {each.get_cause_display()}", "yellow"))
        for each in found.breakers
    ]
    kind = "subscriber" if found.paused == 1 else "subscribers"
    return [*told, *([line((f"paused     {found.paused:,} {kind}", "yellow"))] if found.paused else [])]


def _columns(numbers: Any) -> str:
    highest = max(numbers) or 1
    return "".join(HEIGHTS[-(-each * (len(HEIGHTS) - 1) // highest)] for each in numbers)


def _counted(count: int) -> str:
    return f"{COUNTED:,}+" if count > COUNTED else f"{count:,}"


def _told_ms(bound: float | None) -> str:
    if bound is None:
        return "—"
    return "more than an hour" if bound == float("inf") else f"within {bound:,.0f} ms"


def _told_age(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60:,} min"
