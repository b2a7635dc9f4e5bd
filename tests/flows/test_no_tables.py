"""A web server whose database nobody has migrated yet says so, and serves as soon as somebody has."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from email.message import Message

import pytest

from dispatch.api.keys import new_key
from dispatch.outages import LACKS_TABLES
from tests.servers.hub import HubServer

pytestmark = pytest.mark.timeout(120)

EVENT = '{"topic": "orders", "data": {}}'
EVENT_ID = "01a21f48-3d69-7590-adb0-3398bd23cbf0"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def hub(request: pytest.FixtureRequest) -> Iterator[HubServer]:
    env = {}
    if request.param == "postgres":
        env["DATABASE_URL"] = request.getfixturevalue("postgres_server").create_database("no_tables")
    server = HubServer(env)
    try:
        server.start_web()
        yield server
    finally:
        server.__exit__()


def ask(hub: HubServer, method: str, path: str, body: str = "", **headers: str) -> tuple[int, Message, str]:
    with closing(http.client.HTTPConnection("127.0.0.1", hub.port, timeout=30)) as connection:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()


def test_every_path_says_what_to_run_until_it_was_run(hub: HubServer) -> None:
    publisher = {"Authorization": f"Bearer {hub.token()}"}
    machine = {"Authorization": f"Bearer {new_key()}"}
    asked = [
        ("POST", "/publish", EVENT, publisher),
        ("POST", "/publish", f"[{EVENT}]", publisher),
        ("GET", f"/events/{EVENT_ID}", "", publisher),
        ("GET", "/refresh", "", publisher),
        ("GET", "/metrics", "", {}),
        ("GET", "/readyz", "", {}),
        ("GET", "/api/v1/subscribers", "", machine),
        ("GET", "/admin/", "", {"Cookie": "sessionid=0123456789abcdefghijklmnopqrstuv"}),
    ]
    for method, path, body, headers in asked:
        status, given, text = ask(hub, method, path, body, **headers)
        assert status == 503, f"{path}: {text}"
        assert (text if path == "/admin/" else json.loads(text)["detail"]) == LACKS_TABLES
        assert int(given["Retry-After"]) > 0
    assert ask(hub, "GET", "/healthz")[0] == 200
    hub.manage("migrate", "--verbosity", "0")
    statuses = [ask(hub, method, path, body, **headers)[0] for method, path, body, headers in asked]
    assert statuses == [202, 202, 404, 200, 200, 200, 401, 302]
