"""`manage.py listen` prints what it gets."""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from tests.servers.hub import PROJECT
from tests.servers.processes import kill_group


@pytest.fixture
def listener() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(PROJECT / "manage.py"), "listen", "--port", "0", "--status", "503"]
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "switchsite.settings"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env, process_group=0) as process:
        yield process
        kill_group(process)


@pytest.mark.timeout(30)
def test_listener_tells_each_request_and_answers_as_told(listener: subprocess.Popen[str]) -> None:
    assert listener.stdout
    found = re.search(r"http://127.0.0.1:\d+/", listener.stdout.readline())
    assert found
    request = urllib.request.Request(f"{found[0]}orders?page=2", b'{"total": "\xc3\xbc"}', {"X-Id": "7"}, method="PUT")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    assert caught.value.code == 503
    caught.value.close()
    listener.send_signal(signal.SIGINT)
    told, _ = listener.communicate(timeout=10)
    assert "PUT /orders?page=2\n" in told
    assert "  X-Id: 7\n" in told
    assert '\n  {"total": "ü"}\n' in told
    assert listener.returncode == 0
