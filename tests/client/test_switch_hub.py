"""The client module against a real hub, and against servers that misbehave."""

import http.server
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from standardwebhooks import Webhook

from client.switch_hub import Hub, Published, RefusedError, SignatureError, UnavailableError, verify
from dispatch.signing import public_key, signature_headers
from subscribers.secrets import new_private_key, new_shared_secret
from subscribers.validators import validate_topic
from tests.flows.receiver import Receiver
from tests.servers.hub import PROJECT, HubServer
from tests.servers.processes import free_port

DATA = {"body": {"total": 120}}
SECRET = "a secret of a hub that only refuses, of thirty-two bytes"


@pytest.fixture(scope="module")
def server() -> Iterator[HubServer]:
    with HubServer() as running:
        running.start_web()
        yield running


@pytest.fixture
def hub(server: HubServer) -> Hub:
    return Hub(server.url, server.env["SWITCH_JWT_SECRET"], "shop", retry_seconds=5)


def test_an_event_is_published_and_delivered_signed(server: HubServer, hub: Hub) -> None:
    secret = new_shared_secret()
    with Receiver() as receiver:
        server.manage("subscribe", "orders", receiver.url)
        server.manage(
            "shell", "-c", f"from subscribers.models import Subscriber; Subscriber.objects.update(secret={secret!r})"
        )
        published = hub.publish("orders", DATA)
        assert (published.topic, published.matched, published.duplicate) == ("orders", 1, False)
        server.start_consumer()
        [request] = receiver.wait_for(1)
        server.stop_consumers()
    verify(secret, request.headers, request.body)
    verify(new_shared_secret(), request.headers, request.body, previous_secret=secret)
    for wrong_secret, body in [(new_shared_secret(), request.body), (secret, b"{}")]:
        with pytest.raises(SignatureError):
            verify(wrong_secret, request.headers, body)


def test_a_key_names_an_event(hub: Hub) -> None:
    first, second = hub.publish("quiet", DATA, key="order 7"), hub.publish("quiet", DATA, key="order 7")
    assert first.id == second.id
    assert (first.duplicate, second.duplicate) == (False, True)
    with pytest.raises(RefusedError) as refused:
        hub.publish("quiet", {"body": "other"}, key="order 7")
    assert refused.value.status == 409


def test_of_many_each_has_its_own_result(hub: Hub) -> None:
    good, bad, other = hub.publish_many([("quiet", DATA), ("", DATA), ("quiet", {})], key="batch")
    assert isinstance(good, Published)
    assert isinstance(other, Published)
    assert isinstance(bad, RefusedError)
    assert (bad.status, bad.problem["place"]) == (400, "topic")
    again = hub.publish_many([("quiet", DATA), ("quiet", {})], key="other batch")
    assert [isinstance(each, Published) and each.duplicate for each in again] == [False, False]
    assert hub.publish_many([]) == []


@pytest.mark.parametrize("topic", ["a*b", "*.created", "**", "", " "])
def test_a_pattern_that_no_subscriber_could_have_is_refused(topic: str) -> None:
    with pytest.raises(ValidationError):
        validate_topic(topic)
    with pytest.raises(ValueError, match="is no topic"):
        Hub("http://127.0.0.1:1", SECRET, "shop", topics=["order.*", topic])


@pytest.mark.parametrize("topics", [["*"], ["order.*", "order", "order.created*"]])
def test_names_and_patterns_are_taken(topics: list[str]) -> None:
    for topic in topics:
        validate_topic(topic)
    assert Hub("http://127.0.0.1:1", SECRET, "shop", topics=topics).topics == topics


def test_one_topic_is_given_as_a_list() -> None:
    with pytest.raises(ValueError, match=r"topics=\['order\.\*'\]"):
        Hub("http://127.0.0.1:1", SECRET, "shop", topics="order.*")


@pytest.mark.parametrize(
    "url",
    [
        *("127.0.0.1:8000", "switch.example.com", "", "http://", "ftp://switch.example.com", "http://switch:port"),
        *("http://switch:80000", "http://my hub:8000", "http://switch:8000/a b", "http://switch:8000\n", "http://[::1"),
        "http://hüb:8000",
    ],
)
def test_a_url_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="is not the address of a hub"):
        Hub(url, "a secret", "shop")


@pytest.mark.parametrize("topics", [[], ()])
def test_no_topics_are_not_all_topics(topics: list[str]) -> None:
    with pytest.raises(ValueError, match="topics is empty"):
        Hub("http://127.0.0.1:1", SECRET, "shop", topics=topics)


def test_a_token_can_be_limited_to_topics(server: HubServer) -> None:
    limited = Hub(server.url, server.env["SWITCH_JWT_SECRET"], "shop", topics=["order.*"], retry_seconds=5)
    assert limited.publish("order.created", DATA).matched == 0
    with pytest.raises(RefusedError, match="may not publish"):
        limited.publish("bill.created", DATA)


def test_a_wrong_secret_is_refused_at_once(server: HubServer) -> None:
    with pytest.raises(RefusedError) as refused:
        Hub(server.url, SECRET, "shop").publish("quiet", DATA)
    assert refused.value.status == 401


Script = Callable[[int, http.server.BaseHTTPRequestHandler], None]


@contextmanager
def scripted(script: Script) -> Iterator[tuple[str, list[Any]]]:
    """A server that does with each request, counted from 0, what the script says; and the bodies that came."""
    bodies: list[Any] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            script(len(bodies) - 1, self)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_address[1]}", bodies
    finally:
        running.shutdown()
        running.server_close()


def answer(handler: http.server.BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


ACCEPTED = b'{"id": "1", "topic": "t", "matched": null, "duplicate": false}'


def test_a_lost_connection_and_a_503_are_tried_again_with_the_same_key() -> None:
    def script(number: int, handler: http.server.BaseHTTPRequestHandler) -> None:
        if number == 0:
            handler.connection.close()
        elif number == 1:
            answer(handler, 503, b"not json", Retry_After="1")
        else:
            answer(handler, 202, ACCEPTED)

    with scripted(script) as (url, bodies):
        began = time.monotonic()
        assert Hub(url, SECRET, "shop").publish("t", DATA) == Published("1", "t", None, False)
        assert time.monotonic() - began >= 1
    assert len(bodies) == 3
    assert bodies[0] == bodies[1] == bodies[2]
    assert bodies[0]["id"]


@pytest.mark.parametrize("body", [float("nan"), float("-inf"), object()], ids=["nan", "-inf", "object"])
def test_what_json_cannot_hold_is_refused_before_anything_is_sent(body: object) -> None:
    with scripted(lambda number, handler: answer(handler, 202, ACCEPTED)) as (url, bodies):
        hub = Hub(url, SECRET, "shop", retry_seconds=1)
        with pytest.raises((ValueError, TypeError)):
            hub.publish("orders", {"body": body})
        with pytest.raises((ValueError, TypeError)):
            hub.publish_many([("orders", DATA), ("orders", {"body": body})])
        assert bodies == []


def test_what_another_try_may_change_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("client.switch_hub.LONGEST_PAUSE_SECONDS", 0.1)
    answers = [(408, b""), (429, b"{}"), (500, b"{}"), (502, b"<html>"), (200, b"<html>"), (200, b"7"), (202, ACCEPTED)]
    with scripted(lambda number, handler: answer(handler, *answers[number])) as (url, bodies):
        assert Hub(url, SECRET, "shop").publish("t", DATA) == Published("1", "t", None, False)
    assert len(bodies) == len(answers)


def test_in_the_end_it_gives_up_and_tells_the_key() -> None:
    with scripted(lambda number, handler: answer(handler, 503, b"{}")) as (url, bodies):
        with pytest.raises(UnavailableError) as unavailable:
            Hub(url, SECRET, "shop", retry_seconds=1).publish("t", DATA)
        assert unavailable.value.key == bodies[0]["id"]
    assert len(bodies) > 1


def test_a_hub_that_is_not_there_is_told() -> None:
    with pytest.raises(UnavailableError, match="refused"):
        Hub(f"http://127.0.0.1:{free_port()}", SECRET, "shop", retry_seconds=0.1).publish("t", DATA)


def test_a_signature_of_the_reference_library_is_verified() -> None:
    secret, body, now = new_shared_secret(), "ü", datetime.now(UTC)
    headers = {"Webhook-Id": "1", "webhook-timestamp": str(int(now.timestamp()))}
    verify(secret, {**headers, "Webhook-Signature": Webhook(secret).sign("1", now, body)}, body.encode())
    old = now - timedelta(hours=1)
    aged = {**headers, "webhook-timestamp": str(int(old.timestamp()))}
    with pytest.raises(SignatureError, match="too long ago"):
        verify(secret, {**aged, "Webhook-Signature": Webhook(secret).sign("1", old, body)}, body.encode())
    with pytest.raises(SignatureError, match="no signature"):
        verify(secret, {}, body.encode())


def headers_of(signatures: str) -> dict[str, str]:
    return {"webhook-id": "1", "webhook-timestamp": str(int(time.time())), "webhook-signature": signatures}


def test_a_public_key_verifies_and_both_kinds_hold_while_rotating() -> None:
    old, new, body, now = new_shared_secret(), new_private_key(), b"{}", datetime.now(UTC)
    headers = {"webhook-id": "1", **dict(signature_headers([old, new], "1", body, now))}
    verify(public_key(new), headers, body)
    verify(public_key(new_private_key()), headers, body, previous_secret=old)
    verify(new_shared_secret(), headers, body, previous_secret=public_key(new))
    for wrong_key, wrong_body in [(public_key(new_private_key()), body), (public_key(new), b"[]")]:
        with pytest.raises(SignatureError, match="not that of the secret"):
            verify(wrong_key, headers, wrong_body)


@pytest.mark.parametrize("signatures", ["v1a,", "v1a,€", "v1,€", "v1a,AAAA v1a", "v2,AAAA", "€"])
@pytest.mark.parametrize("key", [new_shared_secret(), public_key(new_private_key())], ids=["shared", "public"])
def test_a_signature_that_is_none_is_no_error_of_another_kind(key: str, signatures: str) -> None:
    with pytest.raises(SignatureError, match="not that of the secret"):
        verify(key, headers_of(signatures), b"{}")


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("whpk_AAAA", "not whpk_ and base64 of 32 bytes"),
        ("whpk_€", "not whpk_ and base64 of 32 bytes"),
        pytest.param(new_private_key(), "stays with the hub", id="private"),
        ("whsec_€", "secret is not base64"),
    ],
)
def test_a_key_that_cannot_verify_is_told(key: str, reason: str) -> None:
    with pytest.raises(SignatureError, match=reason):
        verify(key, headers_of("v1,AAAA"), b"{}")


def test_without_its_package_a_public_key_says_what_to_install() -> None:
    call = f"import switch_hub; switch_hub.verify({public_key(new_private_key())!r}, {headers_of('v1a,AAAA')}, b'')"
    done = subprocess.run(
        [sys.executable, "-S", "-c", call],  # -S: nothing but the standard library
        env={"PYTHONPATH": str(PROJECT / "client")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "switch_hub.HubError: To verify by a public key (whpk_…), run: pip install cryptography" in done.stderr
