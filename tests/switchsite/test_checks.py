"""Every check has its id and its sentence, and a start that fails says it in one line."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from dispatch.tracing import running
from subscribers.models import Subscriber
from switchsite import checks, environment
from tests.servers.hub import PROJECT, SECRET

CASES = [
    ({"SECRET_KEY": "unset"}, checks.check_secrets, "switch.E001", "SWITCH_SECRET_KEY is not set."),
    ({"SWITCH_JWT_SECRET": ""}, checks.check_secrets, "switch.E002", "SWITCH_JWT_SECRET is not set."),
    ({"SWITCH_JWT_SECRET": "short"}, checks.check_secrets, "switch.W001", "SWITCH_JWT_SECRET is short."),
    (
        {"SWITCH_TOTAL_TIMEOUT_SECONDS": 61.0},
        checks.check_timeouts,
        "switch.E005",
        "SWITCH_TOTAL_TIMEOUT_SECONDS is above SWITCH_MAX_TIMEOUT_SECONDS.",
    ),
    (
        {"SWITCH_SHUTDOWN_SECONDS": 30.0},
        checks.check_timeouts,
        "switch.W002",
        "SWITCH_SHUTDOWN_SECONDS is not above SWITCH_TOTAL_TIMEOUT_SECONDS.",
    ),
    *[
        ({"SWITCH_ALERT_WEBHOOK_URL": url}, checks.check_alerts, "switch.E006", f"SWITCH_ALERT_WEBHOOK_URL {reason}")
        for url, reason in {
            "alerts.example.com": "must begin with http:// or https://.",
            "https://": "names no host.",
            "https://alerts:many/hunter2": "cannot be read.",
            "https://alerts/a b": "has characters that a URL must write with %.",
        }.items()
    ],
    (
        {"SWITCH_ALERT_WEBHOOK_SECRET": "whsec_hunter2"},
        checks.check_alerts,
        "switch.E007",
        "SWITCH_ALERT_WEBHOOK_SECRET is no secret of Standard Webhooks.",
    ),
    *[
        ({"EMAIL_URL": url}, checks.check_alerts, "switch.E008", f"EMAIL_URL {reason}")
        for url, reason in {
            "mail.example.com:25": "must begin with smtp://",
            "dummymail://": "must begin with smtp://",
            "smtp://": "names no host.",
            "smtp://u:hunter2@mail:many": "cannot be read",
            "smtp://u:hunter2/rest@mail": "cannot be read",
        }.items()
    ],
    (
        {"SWITCH_ALERT_MAIL_TO": ["ops@example.com"]},
        checks.check_alerts,
        "switch.E009",
        "SWITCH_ALERT_MAIL_TO is set, but EMAIL_URL is not.",
    ),
    *[
        ({"FAKTORY_URL": url}, checks.check_faktory_url, "switch.E004", f"FAKTORY_URL {reason}")
        for url, reason in {
            "localhost:7419": "must begin with tcp:// or tcp+tls://.",
            "http://localhost": "must begin with tcp:// or tcp+tls://.",
            "tcp://:password@": "names no host.",
            "tcp://localhost:many": "cannot be read",
            "tcp://:hunter2/rest@127.0.0.1:7419": "cannot be read",
            "tcp://:hunter2#rest@127.0.0.1:7419": "cannot be read",
        }.items()
    ],
]


@pytest.mark.parametrize(("changed", "check", "identifier", "sentence"), CASES)
def test_wrong_setting_is_told_by_its_check(
    settings: Settings, changed: dict[str, Any], check: Any, identifier: str, sentence: str
) -> None:
    assert check() == []
    for name, text in changed.items():
        setattr(settings, name, text)
    (found,) = check()
    assert found.id == identifier
    assert sentence in found.msg
    assert found.hint
    assert not any(secret in found.msg for secret in ("hunter2", "password@"))


@pytest.mark.parametrize(
    ("is_https", "hosts", "identifiers"),
    [
        (True, ["hub"], []),
        (False, ["hub"], ["switch.W004"]),
        (True, ["hub", "*"], ["switch.W005"]),
        (False, ["*"], ["switch.W004", "switch.W005"]),
    ],
)
def test_what_a_deployment_leaves_open_is_told(
    settings: Settings, is_https: bool, hosts: list[str], identifiers: list[str]
) -> None:
    settings.SWITCH_HTTPS, settings.ALLOWED_HOSTS = is_https, hosts
    assert [each.id for each in checks.check_exposure()] == identifiers


@pytest.mark.django_db
def test_a_subscriber_that_may_take_longer_than_the_grace_is_told_of() -> None:
    subscriber = Subscriber.objects.create(topic="orders", target_url="http://billing/", total_timeout_seconds=34)
    assert checks.check_subscribers_timeouts(databases=["default"]) == []
    Subscriber.objects.filter(pk=subscriber.pk).update(total_timeout_seconds=90)
    (found,) = checks.check_subscribers_timeouts(databases=["default"])
    assert (found.id, found.msg) == (
        "switch.W002",
        "SWITCH_SHUTDOWN_SECONDS is not above the 60 s that a subscriber may take to answer.",
    )
    subscriber.delete()
    assert checks.check_subscribers_timeouts(databases=["default"]) == []


def test_variable_that_could_not_be_read_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "problems", ["A is wrong.", "A is wrong.", "B is wrong."])
    assert [(each.id, each.msg) for each in checks.check_variables()] == [
        ("switch.E003", "A is wrong."),
        ("switch.E003", "B is wrong."),
    ]


def test_misspelt_settings_are_told_and_keep_nothing_from_starting(tmp_path: Path) -> None:
    """One of them stands in the file, the other in the environment."""
    (tmp_path / "env").write_text("SWITCH_SERVER_PROT=9000\n")
    env = hub_environment() | {"SWITCH_ENV_FILE": str(tmp_path / "env"), "SWITCH_XYZZY": "hunter2"}
    command = [sys.executable, str(PROJECT / "manage.py"), "check"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30)
    told = "(switch.W006) SWITCH_SERVER_PROT is no setting, so it does nothing; did you mean SWITCH_SERVER_PORT?"
    assert told in done.stderr
    assert "(switch.W006) SWITCH_XYZZY is no setting, so it does nothing." in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert done.returncode == 0


def hub_environment() -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("SWITCH_", "FAKTORY_"))}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "switchsite.settings",
        "SWITCH_ENV_FILE": os.devnull,
        "SWITCH_SECRET_KEY": SECRET * 2,
        "SWITCH_JWT_SECRET": SECRET,
    }


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"SWITCH_JWT_SECRET": ""}, "(switch.E002) SWITCH_JWT_SECRET is not set."),
        ({"SWITCH_SECRET_KEY": ""}, "(switch.E001) SWITCH_SECRET_KEY is not set."),
        ({"FAKTORY_URL": "faktory:7419"}, "(switch.E004) FAKTORY_URL must begin with tcp://"),
        ({"SWITCH_SERVER_PORT": "http"}, "(switch.E003) SWITCH_SERVER_PORT must be a whole number above 0"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_web_server_does_not_start_and_says_why_without_a_trace(changed: dict[str, str], sentence: str) -> None:
    command = [sys.executable, str(PROJECT / "manage.py"), "serve"]
    done = subprocess.run(command, env=hub_environment() | changed, capture_output=True, text=True, timeout=30)
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("changed", "is_wanted"),
    [
        ({}, False),
        ({"TRACES_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"TRACES_EXPORTER": "otlp"}, True),
        ({"TRACES_EXPORTER": "none", "TRACES_ENDPOINT": "http://127.0.0.1:4318"}, False),
    ],
)
def test_traces_that_are_wanted_but_not_installed_are_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], is_wanted: bool
) -> None:
    settings.TRACES_ENDPOINT = settings.TRACES_EXPORTER = ""
    for name, text in changed.items():
        setattr(settings, name, text)
    assert running.is_wanted() == is_wanted
    assert checks.check_tracing() == []
    monkeypatch.delitem(sys.modules, running.EXPORTING, raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)  # what an import finds that is not there
    assert [each.id for each in checks.check_tracing()] == ["switch.W003"] * is_wanted
    running.start()
    assert running.tracer() is None
