"""`manage.py local_secrets` makes what a local hub lacks, and nothing else."""

import stat
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from switchsite.management.commands import local_secrets


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(local_secrets, "BASE_DIR", tmp_path)
    for name in local_secrets.DEMANDED:
        monkeypatch.delenv(name, raising=False)
    return tmp_path / ".env"


def run() -> str:
    output = StringIO()
    call_command("local_secrets", stdout=output)
    return output.getvalue()


def written(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def test_both_secrets_are_made_for_the_owner_alone(env_file: Path) -> None:
    assert "SWITCH_SECRET_KEY and SWITCH_JWT_SECRET" in run()
    found = written(env_file)
    assert set(found) == {"SWITCH_SECRET_KEY", "SWITCH_JWT_SECRET"}
    assert all(len(secret) >= 50 for secret in found.values())
    assert len(set(found.values())) == 2
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600


def test_secret_that_is_set_is_left_alone(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCH_JWT_SECRET", "given")
    run()
    assert set(written(env_file)) == {"SWITCH_SECRET_KEY"}
    monkeypatch.setenv("SWITCH_SECRET_KEY", "given")
    before = env_file.read_text()
    assert run() == ""
    assert env_file.read_text() == before


def test_lines_of_the_file_are_kept(env_file: Path) -> None:
    env_file.write_text("SWITCH_SERVER_PORT=8080")
    run()
    assert written(env_file)["SWITCH_SERVER_PORT"] == "8080"
    assert len(written(env_file)) == 3
