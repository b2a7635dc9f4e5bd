"""Says what became slower or faster since earlier results: by ratios to the references, and beyond the noise only."""

from collections.abc import Iterator, Sequence

from bench.figures import Figure
from bench.report import shown
from bench.results import Json


def as_text(new: Json, earlier: Sequence[Json]) -> str:
    """Holds each layout against the newest of the `earlier` results that has it."""
    return "\n\n".join(_layout(name, layout, earlier) for name, layout in new["layouts"].items())


def _layout(name: str, layout: Json, earlier: Sequence[Json]) -> str:
    base = next((results for results in earlier if name in results["layouts"]), None)
    if base is None:
        return f"{layout['title']}: nothing is kept to compare with; `--keep` keeps these."
    changes = [*_changes(layout, base["layouts"][name])]
    processor = base["machine"]["processor"]
    head = f"{layout['title']}, held against {base['measured_at']} on {processor}:"
    return "\n".join([head, *(changes or ["nothing changed by more than the noise"])])


def _changes(new: Json, old: Json) -> Iterator[str]:
    for name, scenario in new["scenarios"].items():
        known = old["scenarios"].get(name)
        if known is None or known["load"] != scenario["load"]:
            continue
        noise = _unrest(scenario, new) + _unrest(known, old)
        for figure, found in scenario["figures"].items():
            if found["is_shown"] and figure in known["figures"]:
                yield from _change(name, Figure(figure), found, known["figures"][figure], noise)


def _unrest(scenario: Json, layout: Json) -> float:
    """How far R was, during the scenario, from what it was during the run."""
    mean = layout["references"]["session"]
    return float(abs(scenario["references"]["session"] - mean) / mean)


def _change(name: str, figure: Figure, new: Json, old: Json, unrest: float) -> Iterator[str]:
    if not old["in_r"] or not new["in_r"]:
        return
    times = new["in_r"] / old["in_r"]
    noise = 1 + figure.noise + unrest
    if 1 / noise <= times <= noise:
        return
    word = "better" if (times > 1) is figure.is_better_high else "WORSE"
    values = f"{shown(figure, old['value'])} → {shown(figure, new['value'])}"
    yield f"{word}: {name} {figure.value} {values}, {times:.2f} times as a ratio to R (noise {noise - 1:.0%})"
