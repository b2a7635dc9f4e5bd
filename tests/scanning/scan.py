"""Schemathesis against a real hub with the schema that it serves: no 5xx, no answer that the schema does not know."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.flows.publisher import publish
from tests.servers.hub import HubServer
from tests.servers.processes import wait_until

CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"),
    *("response_headers_conformance", "unsupported_method", "ignored_auth"),
)
#: Nothing that is made up here is to be called, whatever its address (a name may be written all the same); and nobody
#: is to be throttled.
ENVIRONMENT = {
    "SWITCH_DELIVERY_DENY": "0.0.0.0/0,::/0",
    "SWITCH_API_RATE": "100000000/sec",
    "SWITCH_API_TEST_RATE": "100000000/sec",
    "SWITCH_API_SIGN_IN_RATE": "100000000/sec",
}
#: What publishers and probes call; everything else is called with an API key.
PUBLISHERS = ("publishing", "probes")
GENERATED = re.compile(r"(\d+) generated")


@dataclass(frozen=True)
class Scanned:
    """How a run of schemathesis ended, and what it has said."""

    status: int
    output: str

    @property
    def requests(self) -> int:
        found = GENERATED.search(self.output)
        return int(found[1]) if found else 0


@dataclass(frozen=True)
class Scan:
    """A hub with something in it to be found."""

    hub: HubServer
    key: str

    def publishers(self, *more: str) -> Scanned:
        return self._run(self.hub.token(), "--include-tag", more)

    def operators(self, *more: str) -> Scanned:
        return self._run(self.key, "--exclude-tag", more)

    def _run(self, token: str, choice: str, more: tuple[str, ...]) -> Scanned:
        command = [
            *(str(Path(sys.executable).with_name("st")), "--config-file", str(self.hub.directory / "scan.toml"), "run"),
            *(f"{self.hub.url}/api/schema/?format=json", "--header", f"Authorization: Bearer {token}"),
            # One worker: with several, Python 3.11 counts the recursion of its own parser wrongly now and then.
            *("--checks", ",".join(CHECKS), "--request-timeout", "30", "--workers", "1", "--no-color"),
            *(argument for tag in PUBLISHERS for argument in (choice, tag)),
            *more,
        ]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.hub.directory, timeout=3600)
        return Scanned(done.returncode, done.stdout + done.stderr)


@contextmanager
def scanned_hub() -> Iterator[Scan]:
    with HubServer(ENVIRONMENT) as hub:
        hub.start_web()
        hub.start_consumer()
        key = hub.manage("api_key", "scan", "--scope", "all").stdout.strip()
        wait_until(hub.is_ready, "The hub", hub.consumers[0], hub.log)
        (hub.directory / "scan.toml").write_text(_pinned(_seed(hub, key)))
        yield Scan(hub, key)


def _seed(hub: HubServer, key: str) -> dict[str, str]:
    """A subscriber, an event, its delivery, an attempt, a replay: the ids in their paths."""
    hub.manage("subscribe", "orders", "http://localhost:8099/orders/:id", "--name", "scanned")
    status, event = publish(hub, {"topic": "orders", "data": {"body": {"total": 1}, "path_params": {"id": 7}}})
    assert status == 202, event
    wait_until(lambda: bool(_results(hub, key, "attempts")), "The consumer", hub.consumers[0], hub.log)
    _call(hub, key, "replays", {"topic": "orders"})
    found = {name: _results(hub, key, name)[0]["id"] for name in ("subscribers", "deliveries", "attempts", "replays")}
    return {f"/api/v1/{name}/{{id}}": json.dumps(pk) for name, pk in found.items()} | {
        "/api/v1/events/{id}": json.dumps(event["id"]),
        "/events/{event_id}": json.dumps(event["id"]),
    }


def _pinned(paths: dict[str, str]) -> str:
    """schemathesis's configuration: what is there is asked for by its id, except where it would be deleted."""
    blocks = []
    for path, value in paths.items():
        parameter = re.findall(r"\{(\w+)\}", path)[0]
        blocks.append(
            "[[operations]]\n"
            f'include-path-regex = "^{path.replace("{", chr(92) * 2 + "{").replace("}", chr(92) * 2 + "}")}"\n'
            'exclude-method = "DELETE"\n'
            f'parameters = {{ "path.{parameter}" = {value} }}\n'
        )
    return "\n".join(blocks)


def _results(hub: HubServer, key: str, name: str) -> Any:
    return _call(hub, key, name)["results"]


def _call(hub: HubServer, key: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(f"{hub.url}/api/v1/{path}", data, {"Authorization": f"Bearer {key}"}), timeout=30) as answer:
        return json.load(answer)
