"""A real Prometheus scrapes a hub by the sample configuration, token and rules included."""

import json
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.deploy.files import PROMETHEUS
from tests.servers.fixtures import missing
from tests.servers.hub import HubServer
from tests.servers.processes import free_port, kill_group, start, stop, wait_until

TOKEN = "a token for metrics"


class Prometheus:
    """Its API, at a port of this machine."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
        self.port = port
        self.process = process
        self.log = log

    def ask(self, path: str, **query: str) -> Any:
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]

    def comes_to(self, expression: str) -> list[Any]:
        """Nothing as long as Prometheus starts, or has not scraped."""
        try:
            return list(self.ask("query", query=expression)["result"])
        except OSError:  # every URLError is one
            return []


@contextmanager
def prometheus(directory: Path, target: str) -> Iterator[Prometheus]:
    if not shutil.which("prometheus"):
        missing("prometheus is not installed")
    config = PROMETHEUS.read_text().replace("127.0.0.1:8000", target).replace("_interval: 15s", "_interval: 1s")
    (directory / "prometheus.yaml").write_text(config)
    (directory / "switch-metrics-token").write_text(f"{TOKEN}\n")
    shutil.copy(PROMETHEUS.with_name("alerts.yaml"), directory)
    port, log = free_port(), directory / "log"
    command = ["prometheus", "--config.file=prometheus.yaml", f"--web.listen-address=127.0.0.1:{port}"]
    process = start([*command, "--storage.tsdb.path=data"], log, cwd=directory)
    try:
        yield Prometheus(port, process, log)
    finally:
        stop(process)
        kill_group(process)


def test_prometheus_scrapes_a_hub_by_the_sample(tmp_path: Path) -> None:
    with HubServer({"SWITCH_METRICS_TOKEN": TOKEN}) as hub:
        hub.start_web()
        with prometheus(tmp_path, f"127.0.0.1:{hub.port}") as server:
            expression = 'switch_publish_answers_total{status="503"}'
            wait_until(lambda: bool(server.comes_to(expression)), "Prometheus", server.process, server.log)
            (answered,) = server.comes_to(expression)
            assert (answered["metric"]["job"], answered["value"][1]) == ("switch", "0")
            (group,) = server.ask("rules")["groups"]
            assert "SwitchNotScraped" in [rule["name"] for rule in group["rules"]]
