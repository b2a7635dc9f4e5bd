"""`python -m bench.profiling`: what the threads of the hub are busy with, module by module.

Busy is the thread that has the interpreter (the GIL): one at a time in each process, which is what limits it. One that
waits, for its turn, the disk or an answer, is not counted. Sampled from outside, apart from the bench's own runs: even
so little would change their figures.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench import compiled, machine, running
from bench.hub import Hub
from bench.layouts import LAYOUTS
from bench.processes import ROOT
from bench.receiver import Receiver
from bench.rendering import PROFILE, write_between
from bench.results import Json
from bench.running import Stage
from bench.scenarios import chosen

PROJECT = ("dispatch/", "subscribers/", "switchsite/")
SCENARIOS = ("publish", "fan-out-100")
RATE = 200  # samples a second
STOP_SECONDS = 30
SHOWN = 12


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.profiling", description="Tells what the hub's threads are busy with.")
    parser.add_argument(
        "results", type=Path, nargs="?", help="figures of an earlier run; without it, they are measured"
    )
    parser.add_argument("--layout", choices=LAYOUTS, default="sqlite")
    parser.add_argument("--short", action="store_true", help="a sixth of the load")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    parser.add_argument("--render", type=Path, metavar="PAGE", help="write the table between the marks of this page")
    return parser.parse_args()


def main() -> int:
    arguments = _arguments()
    results = json.loads(arguments.results.read_text()) if arguments.results else _measured(arguments)
    print(as_markdown(results))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")
    if arguments.render:
        write_between(arguments.render, PROFILE, f"{machine.sentence(results)}\n\n{as_markdown(results)}")
    return 0


def _measured(arguments: argparse.Namespace) -> Json:
    tools, shares = compiled.build(), {}
    with (
        tempfile.TemporaryDirectory(dir=compiled.BUILT, prefix="profile-") as directory,
        Receiver(tools, Path(directory)) as receiver,
        LAYOUTS[arguments.layout].open(Path(directory)) as services,
        Hub(services.environment, Path(directory)) as hub,
    ):
        for scenario in chosen(SCENARIOS):
            files = {part: Path(directory) / f"{scenario.name}-{part}.stacks" for part in ("web", "consumer")}
            stage = Stage(hub, receiver, tools, services, lambda hub, files=files: sampled(hub.processes(), files))  # type: ignore[misc]
            running.prepare(stage)
            running.run(stage, scenario.shortened() if arguments.short else scenario)
            shares[scenario.name] = {part: by_module(file.read_text().splitlines()) for part, file in files.items()}
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    title = LAYOUTS[arguments.layout].title
    return {"measured_at": moment, "machine": machine.describe(), "layout": title, "shares": shares}


@contextmanager
def sampled(processes: Mapping[str, int], files: Mapping[str, Path]) -> Iterator[None]:
    """Samples the parts' processes while the context is open, the stacks of each part into its file."""
    with ExitStack() as stack:
        for part, file in files.items():
            stack.enter_context(_sampler(processes[part], file))
        yield


@contextmanager
def _sampler(process_id: int, file: Path) -> Iterator[None]:
    command = ["py-spy", "record", "--pid", str(process_id), "--subprocesses", "--rate", str(RATE)]
    command += ["--duration", "unlimited", "--format", "raw", "--output", str(file), "--nonblocking", "--gil"]
    program = str(Path(sys.executable).parent / command[0])
    process = subprocess.Popen([program, *command[1:]], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(STOP_SECONDS)


def by_module(stacks: Iterable[str]) -> dict[str, float]:
    """The share of each module of ours in what was sampled, with all that it called; most first.

    A line holds the frames from the outermost, and how often they were seen so.
    """
    counts: Counter[str] = Counter()
    for line in stacks:
        frames, _, count = line.rpartition(" ")
        counts[_module(frames.split(";"))] += int(count)
    total = counts.total() or 1
    return {module: round(count / total, 4) for module, count in counts.most_common()}


def _module(frames: list[str]) -> str:
    for frame in reversed(frames):
        path = frame.rpartition("(")[2].partition(":")[0].removeprefix(f"{ROOT}/")
        if path.startswith(PROJECT):
            return path
    return "outside of our code"


def as_markdown(results: Json) -> str:
    return "\n\n".join(
        f"{results['layout']}, `{scenario}`, {part}:\n\n{_table(shares)}"
        for scenario, parts in results["shares"].items()
        for part, shares in parts.items()
    )


def _table(shares: Mapping[str, float]) -> str:
    rows = [f"| `{module}` | {share:.0%} |" for module, share in list(shares.items())[:SHOWN]]
    return "\n".join(["| module, with what it calls | of the busy time |", "|---|---:|", *rows])


if __name__ == "__main__":
    sys.exit(main())
