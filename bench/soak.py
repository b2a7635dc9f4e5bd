"""`python -m bench.soak`: very many deliveries through one consumer process, whose memory must stay flat."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import compiled, machine, usage
from bench.crowds import takers
from bench.hub import Hub
from bench.layouts import LAYOUTS
from bench.load import Load, publish
from bench.processes import ProcessError
from bench.receiver import Arrivals, Receiver
from bench.rendering import SOAK, write_between
from bench.results import Json

TOPIC = "soak"
FAN_OUT = 100
BATCH = 10
#: The run is cut so; the memory is looked at after each part.
SLICES = 100
#: Slices before those that count: pools and caches fill once.
WARM_UP = 5
TENTHS = 10
#: The last tenth of the run may need so much more than the first.
FLAT = 0.05
COLUMNS = 50


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.soak", description="Watches a consumer's memory over many deliveries.")
    parser.add_argument(
        "results", type=Path, nargs="?", help="figures of an earlier run; without it, they are measured"
    )
    parser.add_argument("--layout", choices=LAYOUTS, default="sqlite")
    parser.add_argument("--count", type=int, default=1_000_000, help=f"deliveries, in steps of {FAN_OUT * SLICES:,}")
    parser.add_argument("--most-seconds", type=float, default=3600, help="gives up after so long")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    parser.add_argument("--render", type=Path, metavar="PAGE", help="write them between the marks of this page")
    return parser.parse_args()


def main() -> int:
    arguments = _arguments()
    try:
        results = json.loads(arguments.results.read_text()) if arguments.results else _measured(arguments)
    except (compiled.GoMissingError, ProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    print(as_text(results))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    if arguments.render:
        write_between(arguments.render, SOAK, as_markdown(results))
    return int(not results["is_flat"] or results["delivered"] < results["count"])


def _measured(arguments: argparse.Namespace) -> Json:
    tools = compiled.build()
    events = max(arguments.count // FAN_OUT // SLICES, 1)
    begun = time.monotonic()
    with (
        tempfile.TemporaryDirectory(dir=compiled.BUILT, prefix="soak-") as directory,
        Receiver(tools, Path(directory)) as receiver,
        LAYOUTS[arguments.layout].open(Path(directory)) as services,
        Hub(services.environment, Path(directory)) as hub,
    ):
        hub.subscribe(takers(FAN_OUT).subscribers(TOPIC, receiver))
        hub.ensure_consumer(1)
        samples = list(_samples(tools, hub, receiver, events, begun + arguments.most_seconds))
        arrivals = receiver.wait(0, 0)
    return _results(
        arguments.layout, events * (WARM_UP + SLICES) * FAN_OUT, samples, arrivals, time.monotonic() - begun
    )


def _samples(tools: compiled.Tools, hub: Hub, receiver: Receiver, events: int, deadline: float) -> Iterator[float]:
    """The consumer's memory after each slice that counts. Raises ProcessError if time runs out, or none is accepted."""
    for number in range(1, WARM_UP + SLICES + 1):
        wanted = number * events * FAN_OUT
        while (arrived := receiver.wait(0, 0).distinct) < wanted:
            _deliver(tools, hub, receiver, -(-(wanted - arrived) // FAN_OUT), deadline)
        if number > WARM_UP:
            yield usage.resident_mib(hub.processes()["consumer"])
        print(f"\r{arrived:,} deliveries", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def _deliver(tools: compiled.Tools, hub: Hub, receiver: Receiver, events: int, deadline: float) -> None:
    """Publishes so many events, and waits for their deliveries; a busy hub may refuse some, which are to come again."""
    before = receiver.wait(0, 0).distinct
    answers = publish(tools, hub, TOPIC, Load(events, clients=4, batch=min(BATCH, events)))
    wanted = before + answers.sent * FAN_OUT
    arrivals = receiver.wait(wanted, max(deadline - time.monotonic(), 1))
    hub.check()
    if not answers.sent or arrivals.distinct < wanted:
        raise ProcessError(f"{arrivals.distinct} of {wanted} deliveries came in time. {answers.problem}")


def _results(layout: str, count: int, samples: Sequence[float], arrivals: Arrivals, seconds: float) -> Json:
    found = tenths(samples)
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine.describe(),
        "layout": LAYOUTS[layout].title,
        "count": count,
        "delivered": arrivals.distinct,
        "duplicates": arrivals.duplicates,
        "seconds": round(seconds, 1),
        "samples_mib": [round(sample, 2) for sample in samples],
        "tenths_mib": [round(mean, 2) for mean in found],
        "growth": round(found[-1] / found[0] - 1, 4),
        "is_flat": found[-1] <= found[0] * (1 + FLAT),
    }


def tenths(samples: Sequence[float]) -> list[float]:
    """The mean of each tenth."""
    size = len(samples) // TENTHS
    return [sum(samples[start : start + size]) / size for start in range(0, size * TENTHS, size)]


def as_text(results: Json) -> str:
    most = max(results["tenths_mib"])
    curve = [
        f"{number * TENTHS:3d} %  {mean:7.1f} MiB  {'#' * round(mean / most * COLUMNS)}"
        for number, mean in enumerate(results["tenths_mib"], 1)
    ]
    return "\n".join([_sentence(results), *curve])


def as_markdown(results: Json) -> str:
    head = "| of the run | " + " | ".join(f"{number * TENTHS} %" for number in range(1, TENTHS + 1)) + " |"
    rule = "|---|" + "---:|" * TENTHS
    row = "| MiB | " + " | ".join(f"{mean:.1f}" for mean in results["tenths_mib"]) + " |"
    return "\n".join([f"{machine.sentence(results)} {_sentence(results)}", "", head, rule, row])


def _sentence(results: Json) -> str:
    judged = "flat" if results["is_flat"] else "NOT FLAT"
    return (
        f"{results['delivered']:,} of {results['count']:,} deliveries by one consumer process in "
        f"{results['seconds']:,.0f} s on {results['layout']}, {results['duplicates']} of them twice. "
        f"Memory of the last tenth against the first: {results['growth']:+.1%}, {judged}."
    )


if __name__ == "__main__":
    sys.exit(main())
