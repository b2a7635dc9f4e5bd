"""`manage.py tail`: follows events as they come in, and what becomes of their deliveries."""

import json
import time
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import CommandParser
from rich.console import Console
from rich.text import Text

from dispatch.following import Follower, Happening, Looked
from dispatch.management.arguments import subscriber_called
from dispatch.management.terminal import console_for, line, printable
from dispatch.models import Delivery
from dispatch.payloads import parse_json
from dispatch.revealing import masked
from subscribers.management.database import DatabaseCommand

LOOK_SECONDS = 0.5
LAST = 10
MAX_LAST = 500
MAX_SECONDS = 86_400.0
STYLES = {"delivered": "green", "dead": "red", "failed": "yellow", "cut off": "yellow"}


def last(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_LAST:
        raise ArgumentTypeError(f"{text!r} is no number from 0 to {MAX_LAST}")
    return int(text)


class Command(DatabaseCommand):
    help = "Follows events and the outcomes of their deliveries, until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--topic", default="", help="only what is of this topic, or of a pattern: order.*")
        parser.add_argument("--subscriber", metavar="NAME_OR_ID", help="only what goes to this subscriber")
        parser.add_argument("--state", choices=Delivery.State.values, default="", help="only deliveries in this state")
        parser.add_argument("--payloads", action="store_true", help="show what the events hold, secrets masked")
        parser.add_argument("--last", type=last, default=LAST, help=f"begin with so many (default: {LAST})")
        parser.add_argument("--seconds", type=float, default=MAX_SECONDS, help="end after so long")

    def handle(self, *args: Any, **options: Any) -> None:
        subscriber = subscriber_called(options["subscriber"]) if options["subscriber"] else None
        follower = Follower(options["topic"], subscriber, options["state"], options["payloads"])
        if options["topic"] and not follower.has_published():
            self.stderr.write(f"No event has been published on {printable(options['topic'])} yet; waiting.")
        console = console_for(self.stdout)
        deadline = time.monotonic() + options["seconds"]
        try:
            self._tell(console, follower.begin(options["last"]))
            while time.monotonic() < deadline:
                time.sleep(min(LOOK_SECONDS, max(0.0, deadline - time.monotonic())))
                self._tell(console, follower.look())
        except KeyboardInterrupt:
            pass

    def _tell(self, console: Console, looked: Looked) -> None:
        for happening in looked.happenings:
            console.print(_event(happening) if happening.delivery is None else _outcome(happening))
        if looked.skipped:
            console.print(f"… {looked.skipped:,} more than can be told: narrow it by --topic or --subscriber.")
        self.stdout.flush()


def _event(happening: Happening) -> Text:
    matched = "fan-out pending" if happening.matched is None else f"{happening.matched} matched"
    told = line(
        (f"{happening.at:%H:%M:%S}  ", "dim"),
        ("event     ", "bold"),
        f"{happening.topic}  by {happening.author or '—'}  {matched}",
        (f"  {happening.event}", "dim"),
    )
    return told.append_text(_payload(happening))


def _payload(happening: Happening) -> Text:
    if not happening.payload:
        return Text()
    shown = json.dumps(masked(parse_json(happening.payload)), ensure_ascii=False, separators=(",", ":"))
    return line(f"  {shown}")


def _outcome(happening: Happening) -> Text:
    result = str(happening.status) if happening.status else happening.error
    again = f"  attempt {happening.number}" if happening.number > 1 else ""
    told = line(
        (f"{happening.at:%H:%M:%S}  ", "dim"),
        (f"{happening.state:<10}", STYLES.get(happening.state, "cyan")),
        f"{happening.topic}  → {happening.subscriber}  {result}  {happening.total_ms:,.0f} ms{again}",
        (f"  {happening.delivery}", "dim"),
    )
    return told.append_text(_payload(happening))
