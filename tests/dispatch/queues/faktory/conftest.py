"""A Faktory that runs, and a queue on it."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from pytest_django import Settings

from dispatch.identifiers import new_id
from dispatch.queues.faktory.queue import FaktoryQueue
from tests.dispatch.queues.conftest import use_faktory
from tests.servers.faktory import FaktoryServer


@pytest.fixture
def server(request: pytest.FixtureRequest, settings: Settings) -> FaktoryServer:
    return use_faktory(request, settings)


@pytest.fixture
def queue(server: FaktoryServer) -> Iterator[FaktoryQueue]:
    with closing(FaktoryQueue(new_id())) as opened:
        yield opened
