"""The commands of docs/api.md, run one after the other against a real hub."""

import json
import re
import socket

import pytest

from dispatch.scopes import SCOPES
from subscribers.filters import FilterError, compile_filter
from tests.docs.commands import blocks, page, run
from tests.servers.hub import HubServer

TEXT = page("api.md")
PASSWORD = "a password of no account but this one"


@pytest.mark.timeout(180)
def test_every_command_works() -> None:
    env = {"SWITCH_DELIVERY_PORTS": "all", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    with HubServer(env) as hub, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens there
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
        hub.manage("createsuperuser", "--noinput", "--username", "ann", "--email", "ann@example.com")
        hub.start_web()
        instead = {'"password": "…"': f'"password": "{PASSWORD}"', "http://127.0.0.1:9000": nobody}
        told = run(hub, blocks(TEXT), instead)
        assert '"results":[]' in told[1]
        assert '"name":"billing"' in told[2]
        assert '"retry_limit":10' in told[3]
        assert '"secret":"whsec_' in told[5]
        assert '"error_kind":"connect"' in told[6]
        assert '"holds":false' in told[7]
        assert json.loads(told[9].strip().split("\n")[0].partition("}")[0] + "}")["matched"] == 1


def test_the_scopes_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `([a-z]+:[a-z]+)` \| (.*) \|$", TEXT, re.M)
    assert dict(rows) == SCOPES


def test_the_place_in_the_example_is_the_one_that_comes() -> None:
    example = json.loads(blocks(TEXT, "json")[0])["errors"][0]
    with pytest.raises(FilterError) as refused:
        compile_filter('data["a"] > limit')
    error = refused.value
    assert (example["line"], example["column"], example["end_column"]) == (error.line, error.column, error.end_column)
