"""How long it takes to find the subscribers of an event: `python -m bench.matched TOPIC DATA`, in a hub's environment.

Only what a publish does: a process that knows the subscribers, and one event after the other.
"""

import json
import statistics
import sys
import time

import django

REPEATS = 200
MOST_SECONDS = 3.0


def main(topic: str, text: str) -> None:
    django.setup()
    from subscribers import matching  # noqa: PLC0415 - the models need Django's settings first

    snapshot, data = matching.newest(), json.loads(text)
    matched = len(snapshot.match(topic, data))
    times, ends = [], time.perf_counter() + MOST_SECONDS
    while len(times) < REPEATS and time.perf_counter() < ends:
        begun = time.perf_counter()
        snapshot.match(topic, data)
        times.append(time.perf_counter() - begun)
    print(json.dumps({"matched": matched, "p50_ms": statistics.median(times) * 1000}))


if __name__ == "__main__":
    main(*sys.argv[1:])
