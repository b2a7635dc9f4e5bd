"""Fills one ledger up to now and asks for every page: `python -m bench.pages.ledger COUNT TRIES`.

Runs in the environment of a hub. Prints a line of JSON for each page.
"""

import json
import sys
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

import django
from django.core.management import call_command

#: Deliveries of a week, the longest that a page reads counters of.
WEEK = 7 * 86_400 * 4
#: The past is added up bit by bit; it is an error if so many looks are not enough.
LOOKS = 200


def main(count: int, tries: int) -> None:
    django.setup()
    from bench.growth import filling  # noqa: PLC0415 - the models need Django's settings first
    from bench.pages import beside  # noqa: PLC0415
    from bench.pages.recounting import recount  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    begun = time.perf_counter()
    filling.fill(count, first=int(time.time() - count * filling.SPACING_SECONDS))
    beside.fill()
    recount(WEEK)
    filling.analyze()
    print(json.dumps({"filled_seconds": round(time.perf_counter() - begun, 1)}), flush=True)
    for page in _pages(tries):
        print(json.dumps(page), flush=True)


def _pages(tries: int) -> Iterator[dict[str, Any]]:
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.urls import reverse  # noqa: PLC0415

    from bench.pages.addresses import addresses  # noqa: PLC0415

    client = Client()
    client.force_login(User.objects.create(username="pages", is_staff=True, is_superuser=True))
    client.get(reverse("storage"))  # the first page of a process loads what all of them need
    for name, url in addresses().items():
        yield {"page": name, **_measured(client, url, tries)}


def _measured(client: Any, url: str, tries: int) -> dict[str, Any]:
    """`first` is what it costs a process that remembers nothing; `worst` the slowest until all is added up."""
    times, most_queries = [], 0
    for _ in range(LOOKS):
        milliseconds, queries, answer = _ask(client, url)
        times.append(milliseconds)
        most_queries = max(most_queries, queries)
        if b"still being added up" not in answer.content:
            break
    else:
        raise RuntimeError(f"{url} does not end to add up the past")
    settled = [_ask(client, url)[0] for _ in range(tries)]
    return {
        "first_ms": round(times[0], 1),
        "worst_ms": round(max(times), 1),
        "looks": len(times),
        "median_ms": round(median(settled), 1),
        "queries": most_queries,
        "bytes": len(answer.content),
    }


def _ask(client: Any, url: str) -> tuple[float, int, Any]:
    from django.db import connection  # noqa: PLC0415

    queries: list[str] = []

    def note(execute: Any, statement: str, *rest: Any) -> Any:
        queries.append(statement)
        return execute(statement, *rest)

    begun = time.perf_counter()
    with connection.execute_wrapper(note):
        answer = client.get(url)
    milliseconds = (time.perf_counter() - begun) * 1000
    if answer.status_code != 200:
        raise RuntimeError(f"{url} answered {answer.status_code}")
    return milliseconds, len(queries), answer


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
