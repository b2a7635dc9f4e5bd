"""Names in a request that nothing reads: refused, since whoever misspells `dry_run` must not get the real run."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import islice

from rest_framework.exceptions import ErrorDetail

CODE = "unknown"
#: To search for near names takes time, and one request can hold a hundred thousand names.
MAX_TOLD = 20
MAX_NAME = 100
#: Low enough for `filter` to find `filter_expression`.
NEAR = 0.5


def refusals(given: Iterable[str], known: Sequence[str], kind: str) -> dict[str, list[ErrorDetail]]:
    """Sentences by name for each of `given`, the first MAX_TOLD; `kind` is what they are, in the singular."""
    return {name[:MAX_NAME]: [ErrorDetail(_sentence(name, known, kind), CODE)] for name in islice(given, MAX_TOLD)}


def _sentence(name: str, known: Sequence[str], kind: str) -> str:
    if not known:
        return f"This request takes no {kind}s."
    near = get_close_matches(name[:MAX_NAME].lower(), known, n=1, cutoff=NEAR)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    return f"There is no such {kind}.{hint} Known: {', '.join(known)}."
