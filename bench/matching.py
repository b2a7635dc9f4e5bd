"""`python -m bench.matching`: what matching costs as the subscribers of a topic grow.

No server runs: each measurement is a process of its own over an SQLite file, with the snapshot of a web process.
"""

import argparse
import json
import multiprocessing
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import django

from bench.seeding import NewSubscriber, insert

SIZES = (100, 10_000, 100_000)
MATCHING = 10
REPEATED = 200
EDITS = 20
TARGET = 2.0  # times the match among the fewest
DATA = {"body": {"kind": "order", "customer": 0, "total": 120}, "http_method": "post"}


def _customer(number: int) -> int:
    return 0 if number < MATCHING else number


#: The filters of a topic by the number of the subscriber: those of the first MATCHING take DATA, the others do not.
SHAPES: dict[str, Callable[[int], str]] = {
    "equality": lambda number: f'data["body"]["customer"] == {_customer(number)}',
    "conjunction": lambda number: (
        f'data["body"]["kind"] == "order" and data["body"]["customer"] == {_customer(number)}'
        ' and data["body"]["total"] > 100'
    ),
    "one filter": lambda number: f'data["body"]["total"] {">" if number < MATCHING else "<"} 100',
}


@dataclass(frozen=True)
class Figures:
    """Of one shape at one size; `memory_mib` is what the snapshot adds to the process."""

    shape: str
    size: int
    start_ms: float
    memory_mib: float
    first_match_us: float
    match_us: float
    edit_ms: float
    reread_ms: float


def measure(shape: str, size: int) -> Figures:
    """In a process of its own: Django is set up for a database that is gone at the end."""
    with tempfile.TemporaryDirectory() as directory:
        environment = {"SWITCH_DB_NAME": str(Path(directory) / "bench.sqlite3")}
        _set_up(environment)
        insert(
            environment, [NewSubscriber("orders", SHAPES[shape](each), "http://127.0.0.1:9/") for each in range(size)]
        )
        return _figures(shape, size)


def _set_up(environment: dict[str, str]) -> None:
    os.environ.pop("DATABASE_URL", None)
    os.environ |= environment | {
        "DJANGO_SETTINGS_MODULE": "switchsite.settings",
        "SWITCH_ENV_FILE": os.devnull,
        "SWITCH_SECRET_KEY": secrets.token_urlsafe(48),
        "SWITCH_JWT_SECRET": secrets.token_urlsafe(48),
    }
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - Django has only now been set up

    call_command("migrate", verbosity=0)


def _figures(shape: str, size: int) -> Figures:
    from subscribers import matching  # noqa: PLC0415 - likewise
    from subscribers.models import Subscriber  # noqa: PLC0415

    memory = _resident_mib()
    start = _milliseconds(matching.newest)
    memory = _resident_mib() - memory
    first = _milliseconds(_match)
    if (found := len(_match())) != MATCHING:
        raise ValueError(f"{found} of {size} subscribers match, not {MATCHING}.")
    match = median(_milliseconds(_match) for _ in range(REPEATED))
    edits = [_edited(Subscriber.objects.all()[number % size].pk) for number in range(EDITS)]
    matching.refresh()
    reread = _milliseconds(matching.newest)
    return Figures(shape, size, start, memory, first * 1000, match * 1000, median(edits), reread)


def _match() -> Sequence[Any]:
    from subscribers import matching  # noqa: PLC0415 - likewise

    return matching.current().match("orders", DATA)


def _edited(subscriber_id: int) -> float:
    """Milliseconds that the next publish takes to follow a change of one subscriber."""
    from subscribers import matching  # noqa: PLC0415 - likewise
    from subscribers.models import Subscriber  # noqa: PLC0415

    Subscriber.objects.filter(pk=subscriber_id).update(retry_limit=7)
    return _milliseconds(matching.newest)


def _milliseconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1000


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _apart(shape: str, size: int) -> Figures:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(measure, shape, size).result()


def _tell(figures: Figures, smallest: Figures) -> None:
    ratio = figures.match_us / smallest.match_us
    print(
        f"{figures.shape:12} {figures.size:>8,} {figures.match_us:>9.1f} {ratio:>6.2f} {figures.first_match_us:>9.0f}"
        f" {figures.start_ms:>9.0f} {figures.memory_mib:>8.1f} {figures.edit_ms:>8.2f} {figures.reread_ms:>9.0f}",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.matching", description=__doc__)
    parser.add_argument("--size", nargs="+", type=int, default=SIZES, metavar="SUBSCRIBERS")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures here")
    arguments = parser.parse_args()
    print(f"{MATCHING} subscribers match; a match may take {TARGET} times as long as among the fewest.")
    print("filters          size  match µs  times  first µs  start ms      MiB  edit ms  reread ms")
    results = []
    for shape in SHAPES:
        found = [_apart(shape, size) for size in sorted(arguments.size)]
        for figures in found:
            _tell(figures, found[0])
        results += found
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(each) for each in results], indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
