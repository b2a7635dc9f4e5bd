"""A request as a command for curl: run by a real shell, it sends what the hub has sent."""

import shutil
import subprocess

import pytest

from dispatch.curl import MAX_BODY, as_curl, header_pairs
from tests.flows.receiver import Receiver

BODY = '{"it\'s":"$HOME `id` \\\\ \\"ö\\" !"}'


@pytest.mark.skipif(shutil.which("curl") is None, reason="service missing: curl")
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_the_command_sends_the_same_request(method: str) -> None:
    with Receiver() as receiver:
        headers = [("Content-Type", "application/json"), ("x-odd", "it's; $(id)"), ("Content-Length", "3")]
        command = as_curl(method, f"{receiver.url}/orders?ids[]=1&q={{a}}", headers, BODY)
        subprocess.run(["bash", "-c", f"{command} -s --noproxy '*'"], check=True, timeout=20)
        [received] = receiver.wait_for(1)
    assert received.method == method
    assert received.path == "/orders?ids[]=1&q={a}"
    assert received.body == BODY.encode()
    assert received.headers["x-odd"] == "it's; $(id)"


def test_a_body_too_long_to_paste_is_left_to_a_file() -> None:
    assert "@body.json" in as_curl("POST", "http://x/", [], "x" * (MAX_BODY + 1))


def test_a_head_request_waits_for_no_body() -> None:
    assert as_curl("HEAD", "http://x/", [], None).startswith("curl --head http://x/")


def test_kept_headers_are_read_back() -> None:
    assert header_pairs("A: b: c\nnothing\nX:") == [("A", "b: c"), ("X", "")]
