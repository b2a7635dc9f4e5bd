"""What the Dockerfile builds starts, answers and is called healthy; and compose.yaml starts that same image."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands

from dispatch.reconciliation import HEARTBEAT_STALE
from switchsite.environment import BY_NAME
from tests.deploy.files import compose, instructions
from tests.deploy.image import Image
from tests.servers.processes import free_port, kill_group, start, stop, wait_until

SECRETS = {
    "SWITCH_SECRET_KEY": "a key that protects nothing but the tests of this project",
    "SWITCH_JWT_SECRET": "a secret that signs nothing but the tokens of these tests",
}


CONSUMER_HEALTH = compose()["services"]["consumer"]["healthcheck"]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    built = Image(tmp_path_factory.mktemp("image"))
    built.build()
    return built


def ours() -> dict[str, Any]:
    """The services that run the image."""
    return {name: each for name, each in compose()["services"].items() if each["image"] == "switch"}


@pytest.mark.timeout(240)
def test_the_image_serves_and_its_health_check_tells(image: Image, tmp_path: Path) -> None:
    """With the names that docs/security.md asks for: the health check knows none of them."""
    env = SECRETS | {"SWITCH_SERVER_PORT": str(free_port()), "SWITCH_ALLOWED_HOSTS": "switch.example.com"}
    for command in (["check", "--fail-level", "WARNING"], ["migrate"], ["token", "shop"]):
        done = image.run(["python", "manage.py", *command], **env)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (image.root / "var/lib/switch/switch.sqlite3").is_file()
    assert image.run(image.health, **env).returncode != 0, "healthy before it was started"
    log = tmp_path / "log"
    web = start(image.command, log, image.env | env, cwd=image.directory)
    try:
        wait_until(lambda: image.run(image.health, **env).returncode == 0, "The image", web, log)
    finally:
        stop(web)
        kill_group(web)


def test_everybody_can_read_what_was_copied(image: Image) -> None:
    """The image runs as a user of its own, whatever the modes of the tree were."""
    copied = [path for part in image.directory.iterdir() if part.name != ".venv" for path in (part, *part.rglob("*"))]
    assert len(copied) > 100
    assert [path for path in copied if path.stat().st_mode & 0o004 == 0] == []


#: Imports all modules, and says which packages it has not found.
IMPORT_ALL = """
import importlib, pkgutil
import django
django.setup()
for package in ("subscribers", "dispatch", "switchsite"):
    for module in pkgutil.walk_packages([package], f"{package}."):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            print("missing:", error.name.partition(".")[0])
"""


def missing_packages(image: Image) -> set[str]:
    env = SECRETS | {"DJANGO_SETTINGS_MODULE": "switchsite.settings"}
    done = image.run(["python", "-c", IMPORT_ALL], **env)
    assert done.returncode == 0, done.stdout + done.stderr
    return {*re.findall(r"^missing: (\w+)$", done.stdout, re.M)}


def test_the_image_has_every_package_that_its_code_imports(image: Image) -> None:
    assert missing_packages(image) <= {"opentelemetry"}, "which requirements.txt leaves to those who want traces"


def test_a_package_that_requirements_lack_is_noticed(image: Image) -> None:
    """Though the tests' own environment has it."""
    package = image.packages / "rich"
    aside = package.rename(package.with_name("aside"))
    try:
        assert "rich" in missing_packages(image)
    finally:
        aside.rename(package)


def test_the_image_sees_no_package_of_the_tests(image: Image) -> None:
    for name in ("pytest", "playwright", "kubernetes_validate"):
        assert image.run(["python", "-c", f"import {name}"]).returncode != 0


def test_compose_starts_commands_that_the_image_has(image: Image) -> None:
    assert ours().keys() == {"migrate", "web", "consumer"}
    for service in ours().values():
        *runs, command = service.get("command", image.command)
        assert runs == image.command[:-1]
        assert command in get_commands()


def test_only_what_has_the_port_is_asked_there_for_its_health() -> None:
    [exposed] = [value for name, value in instructions() if name == "EXPOSE"]
    assert int(exposed) == BY_NAME["SWITCH_SERVER_PORT"].default
    for name, service in ours().items():
        published = [each.rpartition(":")[2] for each in service.get("ports", [])]
        assert published == ([exposed] if name == "web" else [])
        assert ("healthcheck" in service) is (name != "web")


@pytest.mark.timeout(240)
def test_the_health_check_of_compose_tells_whether_the_consumer_lives(image: Image, tmp_path: Path) -> None:
    env = SECRETS | {"SWITCH_DB_NAME": str(tmp_path / "switch.sqlite3")}
    kind, *health = CONSUMER_HEALTH["test"]
    assert kind == "CMD"
    assert image.run(["python", "manage.py", "migrate"], **env).returncode == 0
    assert image.run(health, **env).returncode == 1, "healthy before it was started"
    log = tmp_path / "log"
    consumer = start(ours()["consumer"]["command"], log, image.env | env, cwd=image.directory)
    try:
        wait_until(lambda: image.run(health, **env).returncode == 0, "The consumer", consumer, log)
    finally:
        stop(consumer)
        kill_group(consumer)
    assert image.run(health, **env).returncode == 1, "healthy though it has ended"


def test_compose_calls_no_consumer_ill_for_a_heartbeat_that_is_late() -> None:
    interval = int(CONSUMER_HEALTH["interval"].removesuffix("s"))
    assert interval * (CONSUMER_HEALTH["retries"] - 1) > HEARTBEAT_STALE.total_seconds()


def test_compose_puts_postgres_in_the_place_of_the_image_s_sqlite(image: Image) -> None:
    assert image.env["SWITCH_DB_NAME"].endswith(".sqlite3")
    for service in ours().values():
        given = service["environment"]
        assert given["SWITCH_DB_HOST"] in compose()["services"]
        assert given["SWITCH_DB_NAME"] == compose()["services"]["postgres"]["environment"]["POSTGRES_DB"]
        assert given["SWITCH_SERVER_HOST"] == image.env["SWITCH_SERVER_HOST"]
        assert given.keys() & image.env.keys() == {"SWITCH_DB_NAME", "SWITCH_SERVER_HOST"}


def test_compose_passes_on_every_setting_but_those_of_its_own_parts() -> None:
    parts = {"SWITCH_SERVER_HOST", "SWITCH_SERVER_PORT", "DATABASE_URL", "FAKTORY_URL", "FAKTORY_PASSWORD"}
    demanded = {"SWITCH_SECRET_KEY", "SWITCH_JWT_SECRET"}
    for service in ours().values():
        assert service["env_file"] == [{"path": ".env", "required": False}]
        fixed = {name for name in service["environment"] if not name.startswith("SWITCH_DB_")}
        assert fixed == parts | demanded
        for name in demanded:
            assert service["environment"][name].startswith(f"${{{name}:?"), "the same as in .env"
    [exposed] = [value for name, value in instructions() if name == "EXPOSE"]
    assert {service["environment"]["SWITCH_SERVER_PORT"] for service in ours().values()} == {exposed}
