"""What the filters say of one event. Equal expressions, and equal operands, are evaluated once."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import Any

from subscribers.filters import Filter, FilterError, Unknown, compile_filter, work_out
from subscribers.index.candidates import Candidate

#: Subscribers for which one event is noted as unknown: a hundred thousand with one filter must not delay a publish.
NOTED_AT_ONCE = 100


class Judge:
    """For one event's data, on which no filter leaves a trace."""

    def __init__(self, data: Any) -> None:
        self._data = data
        self._verdicts: dict[str, bool | Unknown] = {}
        self._values: dict[str, Any] = {}
        self._noted: list[tuple[Candidate, Unknown]] = []

    @property
    def noted(self) -> list[tuple[Candidate, Unknown]]:
        """Candidates whose filter was left unknown, the first hundred."""
        return self._noted

    def value(self, operand: str) -> Any:
        """The operand's value, or Unknown."""
        if operand not in self._values:
            self._values[operand] = work_out(operand, self._data)
        return self._values[operand]

    def holds(self, expression: str, candidates: Iterable[Candidate]) -> bool:
        """Whether the event goes to the candidates, which have this expression.

        A broken filter takes everything: its events are held until it is mended.
        """
        verdict = self._verdict(expression)
        if isinstance(verdict, Unknown):
            left = NOTED_AT_ONCE - len(self._noted)
            self._noted.extend((candidate, verdict) for candidate in islice(candidates, left))
        return verdict is True

    def _verdict(self, expression: str) -> bool | Unknown:
        verdict = self._verdicts.get(expression)
        if verdict is None:
            compiled = _compiled(expression)
            verdict = self._verdicts[expression] = compiled is None or compiled.evaluate(self._data)
        return verdict


@lru_cache(maxsize=200_000)
def _compiled(expression: str) -> Filter | None:
    """Compiled when it is first needed, since most never are. None if it does not compile."""
    try:
        return compile_filter(expression)
    except FilterError:
        return None
