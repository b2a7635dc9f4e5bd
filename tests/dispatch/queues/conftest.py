"""The two queues as the contract sees them: the embedded one on the run's database, and a real Faktory."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from pytest_django import Settings

from tests.dispatch.queues.consumer import Queues
from tests.servers.faktory import FaktoryServer


@pytest.fixture(params=["embedded", pytest.param("faktory", marks=pytest.mark.faktory)])
def queues(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Queues]:
    """Opens consumers of a queue that is empty at first, and closes them in the end."""
    if request.param == "faktory":
        use_faktory(request, settings)
    opened = Queues()
    yield opened
    opened.close()


def use_faktory(request: pytest.FixtureRequest, settings: Settings) -> FaktoryServer:
    server: FaktoryServer = request.getfixturevalue("faktory_server")
    settings.FAKTORY_URL = server.url
    settings.SWITCH_PRODUCTION_QUEUE = f"queue-{uuid4().hex}"
    return server
