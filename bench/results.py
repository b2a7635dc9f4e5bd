"""Results as JSON: what is written, kept and compared."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from bench import machine
from bench.figures import Figure, relative
from bench.running import Result
from bench.scenarios import TARGET_REFERENCE

SCHEMA = 3

Json = dict[str, Any]


@dataclass(frozen=True)
class LayoutResult:
    """The results on one layout."""

    name: str
    title: str
    results: Sequence[Result]


def as_json(layouts: Iterable[LayoutResult]) -> Json:
    """All figures, not only those of the table; what is `in_r` may be compared between runs."""
    return {
        "schema": SCHEMA,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine.describe(),
        "layouts": {
            layout.name: {
                "title": layout.title,
                "references": _references(layout.results),
                "scenarios": {result.scenario.name: _scenario(result, layout.name) for result in layout.results},
            }
            for layout in layouts
        },
    }


def _references(results: Sequence[Result]) -> Json:
    sessions = [result.references.session for result in results]
    multis = [result.references.multi for result in results]
    mean = sum(sessions) / len(sessions)
    spread = (max(sessions) - min(sessions)) / mean
    tails = [result.references.session_p99_ms for result in results]
    return {
        "session": mean,
        "session_p99_ms": sum(tails) / len(tails),
        "multi": sum(multis) / len(multis),
        "spread": round(spread, 3),
    }


def _scenario(result: Result, layout: str) -> Json:
    scenario = result.scenario
    load = {name: value for name, value in asdict(scenario.load).items() if value}
    return {
        "load": load | {"fan_out": scenario.fan_out, "consumer": scenario.consumer.value},
        "pace": round(result.pace, 3),
        "references": asdict(result.references),
        "figures": {figure.value: _figure(figure, value, result, layout) for figure, value in result.figures.items()},
        "deliveries": result.deliveries,
        "duplicates": result.duplicates,
        "cpu_us": {part: round(used, 1) for part, used in result.cpu_us.items()},
        "problem": result.problem,
    }


def _figure(figure: Figure, value: float, result: Result, layout: str) -> Json:
    """`target` is in R as `in_r` is; both are the plain value where a figure has no unit of rate or time."""
    references = result.references
    found = {"value": value, "in_r": relative(figure, value, references.session), "is_shown": False}
    if figure.is_rate or figure.is_time:
        found["in_libcurl"] = relative(figure, value, references.multi)
    headlines = result.scenario.headlines
    if figure in headlines:
        found["is_shown"] = True
        target = headlines[figure].get(layout)
        found |= {} if target is None else _judged(figure, found["in_r"], target)
    return found


def _judged(figure: Figure, in_r: float, target: float) -> Json:
    wanted = relative(figure, target, TARGET_REFERENCE)
    is_met = in_r >= wanted if figure.is_better_high else in_r <= wanted
    return {"target": wanted, "of_target": in_r / wanted, "is_met": is_met}
