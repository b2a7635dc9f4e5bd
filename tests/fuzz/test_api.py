"""The fuzz of the API in a short form; `make fuzz` sends twenty thousand requests and more."""

import pytest

from tests.fuzz.api import fuzz, subscribe
from tests.servers.hub import HubServer


@pytest.mark.timeout(120)
def test_no_request_makes_a_5xx_or_goes_unanswered() -> None:
    with HubServer() as hub:
        subscribe(hub)
        hub.start_web()
        tally = fuzz(hub, 600)
        assert tally.faults == []
        assert tally.requests >= 600
        # It reaches what it is meant to reach: events are stored, tokens and bodies refused.
        assert {"200", "202", "400", "401", "403", "404", "405"} <= tally.statuses.keys()
