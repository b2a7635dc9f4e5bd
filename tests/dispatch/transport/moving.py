"""Moves exchanges through a transport and gives their outcomes in the order of the exchanges."""

import time
from collections.abc import Sequence

from dispatch.outcomes import Outcome
from dispatch.transport import Exchange, Timeouts, Transport

#: No exchange of these tests may take so long; one that does has lost its outcome.
PATIENCE_SECONDS = 15.0


def exchange(
    url: str,
    method: str = "POST",
    body: bytes | None = None,
    headers: Sequence[tuple[str, str]] = (),
    timeouts: Timeouts = Timeouts(),  # noqa: B008 - it cannot be changed
) -> Exchange:
    return Exchange(method, url, headers, body, timeouts)


def move(transport: Transport, *exchanges: Exchange) -> list[Outcome]:
    """All at once."""
    for token, each in enumerate(exchanges):
        transport.start(each, token)
    outcomes: dict[object, Outcome] = {}
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(outcomes) < len(exchanges):
        for token, outcome in transport.run(1.0):
            assert token not in outcomes, f"{token} came twice"
            outcomes[token] = outcome
        assert time.monotonic() < deadline, f"only {len(outcomes)} of {len(exchanges)} outcomes came"
    assert transport.in_flight == 0
    return [outcomes[token] for token in range(len(exchanges))]


def move_one(transport: Transport, each: Exchange) -> Outcome:
    return move(transport, each)[0]
