"""Chooses the database of a test run before Django's settings are read: SWITCH_TEST_DATABASE=postgres starts one.

The processes of a parallel run inherit its address, and each makes a database of its own there.
"""

import os
from collections.abc import Generator

import pytest

from tests.servers.postgres import PostgresServer, ServiceMissingError

_server: PostgresServer | None = None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    global _server
    if os.environ.get("SWITCH_TEST_DATABASE") == "postgres" and "PYTEST_XDIST_WORKER" not in os.environ:
        try:
            _server = PostgresServer()
            _server.start()
        except ServiceMissingError as error:
            if os.environ.get("SWITCH_REQUIRE_SERVICES") == "1":
                raise
            pytest.exit(f"The run on Postgres is left out: {error}", returncode=0)
        os.environ["DATABASE_URL"] = _server.url
    return (yield)


def pytest_unconfigure() -> None:
    if _server is not None:
        _server.stop()
