"""The original's Python client, as PyPI serves it, in an environment of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.receiver import Receiver
from tests.servers.fixtures import missing
from tests.servers.hub import PROJECT, HubServer

#: Kept between runs; git ignores build/.
ENVIRONMENT = PROJECT / "build" / "interop" / f"switcher-{sys.version_info.major}.{sys.version_info.minor}"
#: It was written for a PyJWT whose `encode` returns bytes.
REQUIREMENTS = ("switcher==0.1.8", "pyjwt==1.7.1")
SCRIPT = "import json, sys; from switcher import publisher; print(publisher.publish(*json.loads(sys.argv[1])))"
OPTIONS = {
    "body": {"total": 120},
    "headers": {"X-Id": "7"},
    "query_params": {"page": "2"},
    "path_params": {"id": "5"},
    "http_method": "post",
}


@pytest.fixture(scope="session")
def switcher() -> Path:
    """The interpreter that has the client."""
    python = ENVIRONMENT / "bin" / "python"
    finished = ENVIRONMENT / "finished"
    if not finished.exists():
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        try:
            subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True, capture_output=True)
            subprocess.run([*pip, "--no-deps", *REQUIREMENTS], check=True, capture_output=True, timeout=60)
            subprocess.run([*pip, "requests"], check=True, capture_output=True, timeout=60)
        except (subprocess.SubprocessError, OSError) as error:
            missing(f"PyPI's switcher 0.1.8 could not be installed ({error})")
        finished.touch()
    return python


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        server.start_web()
        yield server


def publish(switcher: Path, hub: HubServer, secret: str | None = None) -> subprocess.CompletedProcess[str]:
    env = os.environ | {
        "SWITCH_BASE_URL": hub.url,
        "SWITCH_JWT_SECRET": secret or hub.env["SWITCH_JWT_SECRET"],
    }
    command = [str(switcher), "-W", "ignore", "-c", SCRIPT, json.dumps(["orders", "shop", OPTIONS])]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=30)


def test_what_the_python_client_publishes_arrives(switcher: Path, hub: HubServer) -> None:
    with Receiver() as receiver:
        hub.manage("subscribe", "orders", f"{receiver.url}/orders/:id", "--filter", 'data["http_method"] == "post"')
        hub.start_consumer()
        done = publish(switcher, hub)
        assert done.stdout.strip() == "True", done.stderr
        (request,) = receiver.wait_for(1)
        assert hub.stop_consumers() == [0]
    assert (request.method, request.path, request.json) == ("POST", "/orders/5?page=2", {"total": 120})
    assert (request.headers["x-id"], request.headers["switch-author"]) == ("7", "shop")


def test_python_client_raises_where_its_secret_is_wrong(switcher: Path, hub: HubServer) -> None:
    done = publish(switcher, hub, secret="a secret that this hub has never heard of before")
    assert done.returncode != 0
    assert "401 Client Error" in done.stderr
