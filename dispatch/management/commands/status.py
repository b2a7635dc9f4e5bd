"""`manage.py status`: the dashboard on a terminal, kept up to date there, written once where it is piped."""

import time
from collections.abc import Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from dispatch import backpressure
from dispatch.dashboard.figures import ago, counted, milliseconds, percent
from dispatch.dashboard.overview import Overview, names, overview
from dispatch.dashboard.results import in_words
from dispatch.dashboard.standing import COUNTED
from dispatch.management.terminal import console_for, line
from dispatch.quantities import quantity
from subscribers.management.database import DatabaseCommand
from subscribers.models import Subscriber

LOOK_SECONDS = 2.0
#: The part of a look that may go into adding up the hour.
ADDING_UP_SECONDS = 1.0
#: Consumers, breakers and failures that are listed; of more, the number is told.
LISTED = 8
#: Eight heights of a column, the lowest for nothing at all.
HEIGHTS = "▁▂▃▄▅▆▇█"
LABEL_WIDTH = len("deliveries ")

#: A label, and what is told under it.
Row = tuple[Text, Text]


@dataclass(frozen=True, slots=True)
class Look:
    """What the dashboard shows of the last hour, the names of those that failed, and how many are paused."""

    overview: Overview
    names: Mapping[int, str]
    paused: int

    @property
    def failures(self) -> list[tuple[str, str, int]]:
        """Subscriber, result and number of tries, the most frequent first."""
        found = islice(self.overview.traffic.failures.items(), LISTED)
        return [(self.names.get(each, "—"), in_words(result), failing.count) for (each, result), failing in found]


class Command(DatabaseCommand):
    help = "Shows how the hub does, until Ctrl-C; once with --once, or where the output is piped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="write it once, as plain lines")

    def handle(self, *args: Any, **options: Any) -> None:
        console = console_for(self.stdout)
        if options["once"] or not console.is_terminal:
            for told in lines(look()):
                console.print(told)
            return
        try:
            with Live(screen(look()), console=console, screen=True, auto_refresh=False) as live:
                while True:
                    time.sleep(LOOK_SECONDS)
                    live.update(screen(look()), refresh=True)
        except KeyboardInterrupt:
            pass


def look() -> Look:
    """Costs the same however long the ledger is. Raises DatabaseError."""
    found = overview("hour", timezone.now(), ADDING_UP_SECONDS, backpressure.look())
    failing = names(each for each, _ in islice(found.traffic.failures, LISTED))
    return Look(found, failing, Subscriber.objects.paused().count())


def screen(found: Look) -> RenderableType:
    """The same rows, folded to the terminal's width, with the failures as a table."""
    rows = Table.grid(padding=(0, 1, 0, 0))
    for label, told in _summary(found):
        rows.add_row(label, told)
    failures = Table("Subscriber", "Result", "Tries", title="Failures", title_justify="left", expand=False)
    for subscriber, result, count in found.failures:
        failures.add_row(line(subscriber), line(result), f"{count:,}")
    more = [told for _, told in _more("", found.overview.traffic.failures)]
    shown: list[RenderableType] = [failures, *more] if found.failures else []
    clock = line((f"{found.overview.standing.now:%H:%M:%S} UTC · Ctrl-C ends it", "dim"))
    return Group(rows, Text(), *shown, clock)


def lines(found: Look) -> list[Text]:
    rows = [*_summary(found), *_failures(found)]
    return [Text.assemble(label, " " * (LABEL_WIDTH - len(label)), told) for label, told in rows]


def _summary(found: Look) -> list[Row]:
    seen = found.overview
    return [*_health(seen), *_alerts(seen), *_traffic(seen), _waiting(seen), *_consumers(seen), *_left_alone(found)]


def _health(seen: Overview) -> list[Row]:
    if not seen.troubles:
        return [_row("healthy", seen.sentence, "bold green")]
    return [
        _row("trouble", (each.sentence, "red"), "bold red")
        if each.is_grave
        else _row("warning", each.sentence, "bold yellow")
        for each in seen.troubles
    ]


def _alerts(seen: Overview) -> list[Row]:
    return [_row("alert", each.sentence, "bold red") for each in seen.alerts]


def _traffic(seen: Overview) -> list[Row]:
    total, missing = seen.traffic.total, seen.traffic.missing
    behind = f" (the {ago(missing)} before are still being added up)" if missing else ""
    columns = _columns([point.sums.events for point in seen.traffic.points])
    events = line(f"{total.events:,} since {seen.traffic.since:%H:%M} UTC{behind}  ", (columns, "cyan"))
    half, nearly_all = milliseconds(total.within_ms(0.5)), milliseconds(total.within_ms(0.99))
    tries = quantity(total.tries, "try", "tries")
    return [
        (Text("events"), events),
        _row("deliveries", f"{total.deliveries:,} made, {tries}, {percent(total.success_share)} arrived"),
        _row("latency", f"half {half}, 99% {nearly_all}"),
    ]


def _waiting(seen: Overview) -> Row:
    found = seen.standing.waiting
    parts = {"due": found.due, "to be retried later": found.scheduled, "being sent": found.claimed, "held": found.held}
    counts = ", ".join(f"{counted(count, COUNTED)} {name}" for name, count in parts.items())
    oldest = f"the oldest due for {ago(seen.standing.due_for)}" if seen.standing.due_since else "none is overdue"
    return _row("waiting", f"{counts}; {oldest}")


def _consumers(seen: Overview) -> Iterator[Row]:
    living = [worker.consumer for worker in seen.standing.living]
    for each in living[:LISTED]:
        told = f"{each}  {each.in_flight:,} of {each.concurrency:,} in flight, {each.delivered:,} delivered"
        yield _row("consumer", f"{told}, is stopping" if each.is_stopping else told)
    yield from _more("consumer", living)


def _left_alone(found: Look) -> Iterator[Row]:
    breakers = found.overview.standing.breakers
    for each in breakers[:LISTED]:
        told = f"{each.subscriber}: {each.get_breaker_display()}, {each.get_cause_display()}"
        yield _row("breaker", told, "yellow")
    yield from _more("breaker", breakers)
    if found.paused:
        yield _row("paused", f"{found.paused:,} {'subscribers' if found.paused != 1 else 'subscriber'}", "yellow")


def _failures(found: Look) -> Iterator[Row]:
    for name, result, count in found.failures:
        yield _row("failing", f"{name}: {result}, {count:,} {'tries' if count != 1 else 'try'}")
    yield from _more("failing", found.overview.traffic.failures)


def _more(label: str, listed: Sized) -> list[Row]:
    more = len(listed) - LISTED
    return [_row(label, f"and {more:,} more")] if more > 0 else []


def _row(label: str, told: tuple[str, str] | str, style: str = "") -> Row:
    return Text(label, style), line(told)


def _columns(numbers: Sequence[int]) -> str:
    highest = max(numbers, default=0) or 1
    return "".join(HEIGHTS[-(-each * (len(HEIGHTS) - 1) // highest)] for each in numbers)
