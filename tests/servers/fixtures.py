"""Fixtures of the real servers, started once a run; a missing one skips, or fails where services are demanded."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.servers.chromium import running_chromium
from tests.servers.faktory import FaktoryServer
from tests.servers.postgres import PostgresServer
from tests.servers.processes import ServiceMissingError


def missing(reason: object) -> None:
    """Skips the test, or fails it if SWITCH_REQUIRE_SERVICES=1."""
    if os.environ.get("SWITCH_REQUIRE_SERVICES") == "1":
        pytest.fail(f"A service is missing: {reason}")
    pytest.skip(f"service missing: {reason}")


@pytest.fixture(scope="session")
def faktory_server() -> Iterator[FaktoryServer]:
    try:
        server = FaktoryServer()
    except ServiceMissingError as error:
        missing(error)
    with server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    try:
        server = PostgresServer()
    except ServiceMissingError as error:
        missing(error)
    with server:
        yield server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Ends with the module: Playwright's loop must not run while others use the database in this thread."""
    try:
        with running_chromium() as browser:
            yield browser
    except ServiceMissingError as error:
        missing(error)
