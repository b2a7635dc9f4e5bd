"""Signatures over the exact bytes sent, verified in Python, JavaScript and Go as receivers would."""

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook

from client.switch_hub import SignatureError, verify
from dispatch.signing import public_key
from subscribers.secrets import new_private_key, new_shared_secret
from tests.flows.receiver import Received
from tests.flows.stations import Station
from tests.servers.fixtures import missing

VERIFIERS = Path(__file__).with_name("verifiers")
GO_BINARY = Path(__file__).resolve().parents[2] / "build" / "verify"
BODY = {"größe": "ü 日本", "price": 1.10, "many": [1, 2, {"a": None}], "slash": "</script>"}


@pytest.fixture(scope="module")
def station() -> Iterator[Station]:
    with Station({}) as opened:
        yield opened


def ask(command: list[str], question: dict[str, Any]) -> bool:
    done = subprocess.run(command, input=json.dumps(question), capture_output=True, text=True, timeout=30)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode == 0


def in_python(question: dict[str, Any]) -> bool:
    body, headers = base64.b64decode(question["body"]), question["headers"]
    try:
        if "secret" in question:
            Webhook(question["secret"]).verify(body.decode(), headers, json_parse=False)
            return True
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(question["publicKey"].removeprefix("whpk_")))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        [signature] = [each for each in headers["webhook-signature"].split() if each.startswith("v1a,")]
        key.verify(base64.b64decode(signature[4:]), signed)
    except Exception:  # noqa: BLE001 - whatever the library says, it is no
        return False
    return True


def with_our_client(question: dict[str, Any]) -> bool:
    key = question.get("secret") or question["publicKey"]
    try:
        verify(key, question["headers"], base64.b64decode(question["body"]))
    except SignatureError:
        return False
    return True


def in_javascript(question: dict[str, Any]) -> bool:
    node = shutil.which("node")
    if not node or not (VERIFIERS / "node_modules").is_dir():
        missing("node, or the verifiers' packages (tools/install_services)")
    return ask([str(node), str(VERIFIERS / "verify.mjs")], question)


def in_go(question: dict[str, Any]) -> bool:
    if not GO_BINARY.is_file():
        missing("the verifier in Go is not built (tools/install_services)")
    return ask([str(GO_BINARY)], question)


LANGUAGES = pytest.mark.parametrize("verifies", [in_python, with_our_client, in_javascript, in_go])


def sent(station: Station, topic: str, secret: str, **fields: Any) -> Received:
    station.subscribe(topic, secret=secret, **fields)
    station.publish(topic, body=BODY)
    return station.first_request(f"/{topic}")


def question(request: Received, **key: str) -> dict[str, Any]:
    return {"headers": request.headers, "body": base64.b64encode(request.body).decode(), **key}


@LANGUAGES
def test_a_shared_secret_signs_what_is_sent(station: Station, verifies: Any) -> None:
    secret = new_shared_secret()
    request = sent(station, f"hmac-{verifies.__name__}", secret)
    assert verifies(question(request, secret=secret))
    assert not verifies(question(request, secret=new_shared_secret()))
    assert not verifies({**question(request, secret=secret), "body": base64.b64encode(b"{}").decode()})


@LANGUAGES
def test_a_private_key_signs_what_is_sent(station: Station, verifies: Any) -> None:
    secret = new_private_key()
    request = sent(station, f"ed25519-{verifies.__name__}", secret)
    assert verifies(question(request, publicKey=public_key(secret)))
    assert not verifies(question(request, publicKey=public_key(new_private_key())))
    assert not verifies({**question(request, publicKey=public_key(secret)), "body": base64.b64encode(b"{}").decode()})


@LANGUAGES
def test_while_a_secret_is_rotated_both_hold(station: Station, verifies: Any) -> None:
    old, new = new_shared_secret(), new_shared_secret()
    until = "2999-01-01 00:00:00"
    request = sent(station, f"rotated-{verifies.__name__}", new, previous_secret=old, previous_secret_until=until)
    assert verifies(question(request, secret=old))
    assert verifies(question(request, secret=new))


def test_after_the_overlap_the_old_secret_holds_no_more(station: Station) -> None:
    old, new = new_shared_secret(), new_shared_secret()
    until = "2020-01-01 00:00:00"
    request = sent(station, "rotated-long-ago", new, previous_secret=old, previous_secret_until=until)
    assert in_python(question(request, secret=new))
    assert not in_python(question(request, secret=old))
