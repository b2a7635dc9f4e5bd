"""Signing in to Faktory, and reading its replies however they arrive."""

import hashlib
import socket
import subprocess
from contextlib import closing
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from urllib.parse import quote

import pytest

from dispatch.queues.base import QueueUnavailableError
from dispatch.queues.faktory.connection import CommandRefusedError, FaktoryConnection, password_hash
from tests.dispatch.queues.faktory.peers import OK, FakeFaktory
from tests.servers.faktory import FaktoryServer
from tests.servers.processes import free_port


def test_the_password_is_hashed_as_often_as_the_server_asks() -> None:
    once = hashlib.sha256(b"secretsalt")
    assert password_hash("secret", "salt", 1) == once.hexdigest()
    assert password_hash("secret", "salt", 3) == hashlib.sha256(hashlib.sha256(once.digest()).digest()).hexdigest()


@pytest.mark.parametrize(
    ("greeting", "expected"),
    [
        pytest.param(b'+HI {"v":2}\r\n', None, id="no password wanted"),
        pytest.param(b'+HI {"v":2,"s":"salt"}\r\n', password_hash("p@ss", "salt", 1), id="no number"),
        pytest.param(b'+HI {"v":2,"s":"salt","i":1}\r\n', password_hash("p@ss", "salt", 1), id="once"),
        pytest.param(b'+HI {"v":2,"s":"salt","i":4321}\r\n', password_hash("p@ss", "salt", 4321), id="often"),
        pytest.param(b'+HI {"v":2,"i":7,"s":"salt","x":[]}\r\n', password_hash("p@ss", "salt", 7), id="more fields"),
    ],
)
def test_the_greeting_decides_what_is_told_of_the_password(greeting: bytes, expected: str | None) -> None:
    with FakeFaktory(greeting=greeting) as server, connected(server.url.replace("//", "//:p%40ss@")) as connection:
        connection.open()
    assert server.hello.get("pwdhash") == expected
    assert server.hello["v"] == 2


def test_an_idle_connection_is_kept_alive() -> None:
    """So that a firewall does not forget it, and the system notices a machine that has gone."""
    with FakeFaktory() as server, connected(server.url) as connection:
        connection.open()
        assert connection.socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


@pytest.mark.parametrize("worker_id", [None, "abc"])
def test_only_a_consumer_introduces_itself_with_an_id(worker_id: str | None) -> None:
    with FakeFaktory() as server, closing(FaktoryConnection(server.url, worker_id=worker_id)) as connection:
        connection.open()
    assert server.hello.get("wid") == worker_id


@pytest.mark.parametrize(
    ("greeting", "welcome", "reason"),
    [
        pytest.param(b'+HI {"v":3}\r\n', OK, "protocol version 3", id="another version"),
        pytest.param(b"+HELLO\r\n", OK, "does not greet", id="no greeting"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n", OK, "not Faktory's", id="another protocol"),
        pytest.param(b"+HI {\r\n", OK, "No connection", id="a greeting cut off"),
        pytest.param(b"+HI {}\r\n", OK, "No connection", id="no version"),
        pytest.param(b'+HI {"v":2}\r\n', b"-ERR Invalid password\r\n", "Invalid password", id="wrong password"),
        pytest.param(b'+HI {"v":2}\r\n', b"+MAYBE\r\n", "refused the greeting", id="no OK"),
    ],
)
def test_what_is_no_faktory_is_named(greeting: bytes, welcome: bytes, reason: str) -> None:
    with (
        FakeFaktory(greeting=greeting, welcome=welcome) as server,
        connected(server.url) as connection,
        pytest.raises(QueueUnavailableError, match=reason) as caught,
    ):
        connection.open()
    assert str(server.port) in str(caught.value)


def test_nobody_at_the_address_is_named() -> None:
    port = free_port()
    with pytest.raises(QueueUnavailableError, match=f"No connection to Faktory at 127.0.0.1:{port}"):
        FaktoryConnection(f"tcp://127.0.0.1:{port}").open()


@pytest.mark.faktory
def test_a_password_with_odd_characters_opens_a_real_faktory(faktory_server: FaktoryServer) -> None:
    with connected(faktory_server.url) as connection:
        assert connection.ask("INFO")


@pytest.mark.faktory
def test_a_password_beside_the_url_opens_a_real_faktory(faktory_server: FaktoryServer) -> None:
    url = f"tcp://127.0.0.1:{faktory_server.port}"
    with closing(FaktoryConnection(url, faktory_server.password)) as connection:
        assert connection.ask("INFO")


@pytest.mark.faktory
def test_a_wrong_password_is_named_by_a_real_faktory(faktory_server: FaktoryServer) -> None:
    url = f"tcp://:{quote('wrong', safe='')}@127.0.0.1:{faktory_server.port}"
    with connected(url) as connection, pytest.raises(QueueUnavailableError, match=r"(?i)invalid password"):
        connection.open()


def test_an_ipv6_literal_is_an_address() -> None:
    try:
        server = FakeFaktory([b"+PONG\r\n"], host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with server, connected(server.url) as connection:
        assert connection.ask("PING") == "PONG"


REPLIES = [b"+one\r\n", b"$3\r\ntwo\r\n", b"$-1\r\n", b"-ERR no\r\n", b"$0\r\n\r\n", "$5\r\nµü\r\r\n".encode()]


@pytest.mark.parametrize("piece", [None, 1, 2, 7])
def test_replies_are_read_however_they_are_cut(piece: int | None) -> None:
    replies = [*[b""] * (len(REPLIES) - 1), b"".join(REPLIES)]  # all in one, once the last command has come
    with FakeFaktory(replies, piece=piece) as server, connected(server.url) as connection:
        one, two, nothing, refused, empty, odd = connection.ask_all(["A", "B", "C", "D", "E", "F"])
    assert (one, two, nothing, empty, odd) == ("one", "two", None, "", "µü\r")
    assert isinstance(refused, CommandRefusedError)
    assert str(refused) == "no"


def test_no_commands_need_no_connection() -> None:
    assert FaktoryConnection(f"tcp://127.0.0.1:{free_port()}").ask_all([]) == []


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(None, id="without a word"),
        pytest.param(b"$100\r\nhalf", id="within a reply"),
        pytest.param(b"+no end", id="within a line"),
        pytest.param(b"?what\r\n", id="with garbage"),
        pytest.param(b"$many\r\n", id="with a length that is none"),
        pytest.param(b"+\xff\r\n", id="with bytes that are no text"),
    ],
)
def test_a_broken_stream_is_one_named_error_and_the_next_use_connects_anew(reply: bytes | None) -> None:
    replies = [reply, None, b"+PONG\r\n"] if reply else [None, b"+PONG\r\n"]
    with FakeFaktory(replies) as server, connected(server.url) as connection:
        with pytest.raises(QueueUnavailableError, match="was lost"):
            connection.ask_all(["PING", "PING"])
        assert connection.ask("PING") == "PONG"


def test_a_server_that_says_nothing_is_given_up_at_the_deadline() -> None:
    with (
        FakeFaktory([b""]) as server,
        closing(FaktoryConnection(server.url, timeout_seconds=0.05)) as connection,
        pytest.raises(QueueUnavailableError, match=r"no answer in time|timed out"),
    ):
        connection.ask("PING")


def test_a_server_that_drips_is_given_up_at_the_same_deadline() -> None:
    """Each byte alone would come in time."""
    with (
        FakeFaktory([b"+" + b"x" * 5_000_000], piece=1) as server,
        closing(FaktoryConnection(server.url, timeout_seconds=0.1)) as connection,
        pytest.raises(QueueUnavailableError, match=r"no answer in time|timed out"),
    ):
        connection.ask("PING")


def test_tls_is_spoken_where_the_url_says_so(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with tls_server(certificate) as server, connected(server.url.replace("tcp:", "tcp+tls:")) as connection:
        assert connection.ask("PING") == "PONG"


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path) -> None:
    with (
        tls_server(certificate) as server,
        connected(server.url.replace("tcp:", "tcp+tls:")) as connection,
        pytest.raises(QueueUnavailableError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        connection.open()


def connected(url: str) -> "closing[FaktoryConnection]":
    return closing(FaktoryConnection(url))


def tls_server(certificate: Path) -> FakeFaktory:
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return FakeFaktory([b"+PONG\r\n"], tls=context)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", str(path), "-out", f"{path}.crt"], check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path
