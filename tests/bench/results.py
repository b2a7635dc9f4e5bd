"""Results as a run would give them, with figures of the tests' choosing."""

from bench.crowds import takers
from bench.figures import Figure
from bench.load import Load
from bench.references import References
from bench.results import Json, LayoutResult, as_json
from bench.running import Result
from bench.scenarios import Scenario, Targets

REFERENCES = References(session=1100, multi=11_000, session_p99_ms=2)


def a_result(
    figures: dict[Figure, float], targets: Targets | None = None, references: References = REFERENCES, problem: str = ""
) -> Result:
    scenario = Scenario("one", Load(100), dict.fromkeys(figures, targets or {}), (takers(1),))
    return Result(scenario, figures, 100, 0, {"web": 12.34}, problem, references)


def a_run(*results: Result) -> Json:
    return as_json([LayoutResult("sqlite", "SQLite, embedded queue", results)])
