"""The programs of docs/python.md, run as they stand there: by the client, and inside a Django project."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from subscribers.secrets import new_shared_secret
from tests.docs.commands import blocks, page
from tests.flows.receiver import Receiver
from tests.servers.hub import PROJECT, HubServer

pytestmark = pytest.mark.timeout(180)

CLIENT, VERIFYING, SETTINGS, PUBLISHING = blocks(page("python.md"), "python")
COUNT = "from dispatch.models import Event; print(Event.objects.count(), 'events')"
MODELS = """
from django.db import models


class Order(models.Model):
    total = models.IntegerField()
"""


def test_the_client_publishes_one_and_many() -> None:
    with HubServer() as hub:
        hub.start_web()
        told = _run(CLIENT.replace("http://127.0.0.1:8000", hub.url), SWITCH_JWT_SECRET=hub.env["SWITCH_JWT_SECRET"])
    published, good, bad = told.splitlines()
    assert published.endswith(" 0 False")
    assert good.startswith("Published ")
    assert bad.startswith("RefusedError 400: ")


def test_the_receiver_knows_what_is_genuine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(PROJECT / "client")
    program: dict[str, Callable[..., bool]] = {}
    exec(VERIFYING, program)  # noqa: S102 - the page's own program
    secret, body = new_shared_secret(), b"{}"
    headers = _signed(secret, body)
    assert program["is_genuine"](secret, headers, body)
    assert not program["is_genuine"](new_shared_secret(), headers, body)
    assert not program["is_genuine"](secret, {}, body)


def test_a_django_project_publishes_with_its_commit(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "shop" / "models.py").write_text(MODELS)
    (tmp_path / "shop_settings.py").write_text(SETTINGS)
    env = {"DJANGO_SETTINGS_MODULE": "shop_settings", "PYTHONPATH": str(tmp_path)}
    with Receiver() as receiver, HubServer(env) as hub:
        hub.manage("migrate", "--run-syncdb", "--verbosity", "0")
        hub.manage("subscribe", "order.created", receiver.url)
        hub.start_consumer()
        hub.manage("shell", "-c", f"{PUBLISHING}\n    raise SystemExit  # and so undone", check=False)
        assert "0 events" in hub.manage("shell", "-c", COUNT).stdout
        hub.manage("shell", "-c", PUBLISHING)
        [request] = receiver.wait_for(1)
        assert request.json["total"] == 120
        assert request.headers["switch-author"] == "shop"
        assert "1 events" in hub.manage("shell", "-c", COUNT).stdout


def _run(program: str, **env: str) -> str:
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT / "client")}
    done = subprocess.run([sys.executable, "-c", program], env=known | env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _signed(secret: str, body: bytes) -> dict[str, str]:
    now = datetime.now(UTC)
    signature = Webhook(secret).sign("1", now, body.decode())
    return {"webhook-id": "1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
