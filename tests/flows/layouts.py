"""The pairs of database and queue that a hub can run on."""

import pytest

from tests.servers.faktory import FaktoryServer
from tests.servers.postgres import PostgresServer

LAYOUTS = ("sqlite-embedded", "sqlite-faktory", "postgres-embedded", "postgres-faktory")


def environment(layout: str, request: pytest.FixtureRequest, name: str) -> dict[str, str]:
    """What the hub's environment must hold for `layout`; `name` keeps it apart from other tests' hubs."""
    found: dict[str, str] = {}
    database, queue = layout.split("-")
    if database == "postgres":
        postgres: PostgresServer = request.getfixturevalue("postgres_server")
        found["DATABASE_URL"] = postgres.create_database(name)
    if queue == "faktory":
        faktory: FaktoryServer = request.getfixturevalue("faktory_server")
        found |= {"FAKTORY_URL": faktory.url, "SWITCH_PRODUCTION_QUEUE": name}
    return found
