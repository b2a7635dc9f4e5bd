"""The JavaScript client of the original, which no registry serves: a stand-in of the packages that it was built of."""

import base64
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from tests.docs.commands import blocks, page
from tests.flows.receiver import Receiver
from tests.interop.old_clients import Done, publish_by_javascript, run_javascript
from tests.servers.hub import SECRET, HubServer

OPTIONS = {"body": {"total": 120, "größe": "ü"}, "headers": {"X-Id": "7"}, "http_method": "put"}
#: Taken down from the client itself, 0.2.0, with its three packages at the versions that the stand-in has.
HEAD = """POST /publish HTTP/1.1
Authorization: bearer {token}
host: 127.0.0.1:{port}
content-length: {length}
Connection: keep-alive"""
PAYLOAD = base64.b64encode(json.dumps(OPTIONS, separators=(",", ":"), ensure_ascii=False).encode()).decode()
BODY = f'{{"Payload":"{PAYLOAD}","Topic":"orders"}}'

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        server.start_web()
        yield server


def publish(hub: HubServer, secret: str | None = None) -> Done:
    return publish_by_javascript(hub.url, secret or hub.env["SWITCH_JWT_SECRET"], "orders", OPTIONS)


def take_one_down(listener: socket.socket, taken: list[bytes]) -> None:
    connection, _ = listener.accept()
    with connection:
        data = b""
        while BODY.encode() not in data and (more := connection.recv(65536)):
            data += more
        taken.append(data)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def test_the_stand_in_sends_what_the_client_sent_byte_for_byte() -> None:
    taken: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=take_one_down, args=(listener, taken), daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        done = publish_by_javascript(f"http://127.0.0.1:{port}", SECRET, "orders", OPTIONS)
        assert done.stdout.strip() == "published", done.stderr
        thread.join(10)
    head, _, body = taken[0].decode().partition("\r\n\r\n")
    token = head.partition("bearer ")[2].partition("\r\n")[0]
    assert head == HEAD.format(token=token, port=port, length=len(BODY)).replace("\n", "\r\n")
    assert body == BODY
    claims: dict[str, Any] = jwt.decode(token, SECRET, algorithms=["HS256"])
    assert (claims.pop("Author"), list(claims)) == ("shop", ["iat"])
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}


def test_what_the_javascript_client_publishes_arrives(hub: HubServer) -> None:
    with Receiver() as receiver:
        hub.manage("subscribe", "orders", receiver.url, "--filter", 'data["body"]["total"] > 100')
        hub.start_consumer()
        done = publish(hub)
        assert (done.returncode, done.stdout.strip()) == (0, "published"), done.stderr
        (request,) = receiver.wait_for(1)
        assert hub.stop_consumers() == [0]
    assert (request.method, request.json) == ("PUT", OPTIONS["body"])
    assert (request.headers["x-id"], request.headers["switch-author"]) == ("7", "shop")


def test_the_javascript_of_the_docs_publishes(hub: HubServer) -> None:
    [program] = blocks(page("moving.md"), "js")
    with Receiver() as receiver:
        hub.manage("subscribe", "order.created", receiver.url)
        hub.start_consumer()
        done = run_javascript(hub.url, hub.env["SWITCH_JWT_SECRET"], program)
        assert done.returncode == 0, done.stderr
        (request,) = receiver.wait_for(1)
        assert hub.stop_consumers() == [0]
    assert (request.json, request.headers["switch-author"]) == ({"total": 120}, "shop")


def test_javascript_client_rejects_what_the_hub_refuses(hub: HubServer) -> None:
    done = publish(hub, secret="a secret that this hub has never heard of before")
    assert (done.returncode, done.stdout.strip()) == (1, "401")
