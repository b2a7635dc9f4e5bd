"""What can be known of the deployment's files without the engines that read them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from django.core.management import get_commands, load_command_class

from dispatch.reconciliation import HEARTBEAT_STALE
from subscribers.management.database import DatabaseCommand
from switchsite.environment import BY_NAME
from tests.deploy.files import KUBERNETES, PROMETHEUS, ROOT, SYSTEMD, compose, instructions, manifest, manifests, pods
from tests.servers.postgres import PostgresServer, find_program
from tests.servers.processes import free_port

OURS = re.compile(r"\b(?:SWITCH_[A-Z_]+|FAKTORY_[A-Z]+|DATABASE_URL)\b")
GRACE_SECONDS: float = BY_NAME["SWITCH_SHUTDOWN_SECONDS"].default
FILES = [ROOT / "Dockerfile", ROOT / "compose.yaml", PROMETHEUS, *KUBERNETES.iterdir(), *SYSTEMD.glob("*.service")]


@pytest.mark.parametrize("path", sorted(FILES), ids=lambda path: path.name)
def test_every_variable_is_one_of_the_settings(path: Path) -> None:
    assert set(OURS.findall(path.read_text())) <= BY_NAME.keys()


@pytest.mark.parametrize("document", manifests(), ids=lambda each: f"{each['kind']}-{each['metadata'].get('name')}")
def test_manifests_are_what_kubernetes_takes(document: Any) -> None:
    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("part", ["web", "consumer", "migrate"])
def test_pods_are_what_the_policy_restricted_takes(part: str) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
    pod = pods()[part]
    [user] = [value for name, value in instructions() if name == "USER"]
    given = pod["securityContext"]
    assert (given["runAsNonRoot"], f"{given['runAsUser']}:{given['runAsGroup']}") == (True, user)
    assert given["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in pod["containers"]:
        assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert not {"hostNetwork", "hostPID", "hostIPC", "volumes", "initContainers"} & pod.keys()


def test_each_version_has_a_migration_of_its_own() -> None:
    """A job that is there cannot be changed: the second upgrade would be refused."""
    [job] = yaml.safe_load_all((KUBERNETES / "migrate.yaml").read_text())
    assert job["kind"] == "Job"
    assert "name" not in job["metadata"]
    assert [each for each in manifests() if each["kind"] == "Job"] == [job]
    assert len({pod["containers"][0]["image"] for pod in pods().values()}) == 1


def test_the_documents_make_the_job_and_apply_the_rest() -> None:
    commands = re.findall(
        r"kubectl (create|apply) -f deploy/kubernetes/(\S+)", (ROOT / "docs/operating.md").read_text()
    )
    assert commands == [("create", "migrate.yaml"), ("apply", "switch.yaml")]
    assert {file for _, file in commands} == {path.name for path in KUBERNETES.iterdir()}


@pytest.mark.parametrize("name", ["switch-web", "switch-consumer"])
def test_every_pod_that_stays_is_probed_by_what_the_image_has(name: str) -> None:
    [container] = manifest("Deployment", name)["spec"]["template"]["spec"]["containers"]
    for probe in (container["startupProbe"], container["livenessProbe"]):
        if name == "switch-web":
            assert probe["httpGet"]["path"] == "/healthz"
        else:
            *runs, command = probe["exec"]["command"]
            assert runs == container["command"][:2] == ["python", "manage.py"]
            assert isinstance(load_command_class(get_commands()[command], command), DatabaseCommand)


def test_a_consumer_is_not_restarted_for_a_heartbeat_that_is_late() -> None:
    [container] = manifest("Deployment", "switch-consumer")["spec"]["template"]["spec"]["containers"]
    probe = container["livenessProbe"]
    assert probe["periodSeconds"] * (probe["failureThreshold"] - 1) > HEARTBEAT_STALE.total_seconds()


def test_consumers_get_their_grace_time_everywhere() -> None:
    pod = manifest("Deployment", "switch-consumer")["spec"]["template"]["spec"]
    unit = (SYSTEMD / "switch-consumer.service").read_text()
    stop = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.M)
    given = [
        pod["terminationGracePeriodSeconds"],
        int(compose()["services"]["consumer"]["stop_grace_period"].removesuffix("s")),
        int(stop[1]) if stop else 0,
    ]
    assert min(given) > GRACE_SECONDS


def test_nothing_starts_before_the_tables_are_there() -> None:
    for name in ("web", "consumer"):
        migrate = compose()["services"][name]["depends_on"]["migrate"]
        assert migrate == {"condition": "service_completed_successfully"}


@pytest.mark.postgres
def test_postgres_is_asked_where_it_serves_the_others(postgres_server: PostgresServer, tmp_path: Path) -> None:
    """Its image answers at a socket alone before that, while it makes the database."""
    kind, *asked = compose()["services"]["postgres"]["healthcheck"]["test"]
    assert kind == "CMD"
    unserved, served = free_port(), postgres_server.port
    (tmp_path / f".s.PGSQL.{unserved}").symlink_to(postgres_server.directory / f".s.PGSQL.{served}")

    def status(port: int, *command: str) -> int:
        env = os.environ | {"PGHOST": str(tmp_path), "PGPORT": str(port)}
        return subprocess.run([find_program("pg_isready"), *command], env=env, capture_output=True).returncode

    assert status(unserved) == 0, "the socket is served"
    assert (asked[0], status(unserved, *asked[1:]), status(served, *asked[1:])) == ("pg_isready", 2, 0)


@pytest.mark.parametrize("unit", sorted(SYSTEMD.iterdir()), ids=lambda path: path.name)
def test_systemd_understands_the_units(unit: Path, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    for each in SYSTEMD.iterdir():
        # Where Switch is not installed at /opt/switch, another program stands for its Python.
        (tmp_path / each.name).write_text(each.read_text().replace("/opt/switch/.venv/bin/python", sys.executable))
    done = subprocess.run(["systemd-analyze", "verify", tmp_path / unit.name], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_each_timer_has_its_service_and_asks_what_the_other_engines_ask() -> None:
    [timer] = SYSTEMD.glob("*.timer")
    [started] = re.findall(r"^ExecStart=/opt/switch/.venv/bin/(.*)$", timer.with_suffix(".service").read_text(), re.M)
    [container] = manifest("Deployment", "switch-consumer")["spec"]["template"]["spec"]["containers"]
    kind, *asked = compose()["services"]["consumer"]["healthcheck"]["test"]
    assert (kind, started.split()) == ("CMD", asked)
    assert asked == container["livenessProbe"]["exec"]["command"]


def test_the_context_of_the_build_is_what_is_copied() -> None:
    """The .dockerignore lets in what the Dockerfile copies, and nothing else."""
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {value.split()[0] for name, value in instructions() if name == "COPY" and not value.startswith("--from")}
    assert kept == copied
