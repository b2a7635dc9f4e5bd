"""Whatever goes wrong on the way comes out of the loop as an outcome, with its kind and a sentence."""

import socket
from collections.abc import Callable, Iterator
from threading import Event, Thread

import pytest

from dispatch.outcomes import ErrorKind
from dispatch.transport import Timeouts, Transport
from tests.dispatch.transport.moving import exchange, move, move_one
from tests.dispatch.transport.peers import CLOSE, OK, RESET, Endless, Pause, Peer, Step

PATIENT = Timeouts(connect_seconds=5, idle_seconds=5, total_seconds=5)
IDLE = Timeouts(connect_seconds=5, idle_seconds=0.2, total_seconds=5)
DRIP = Timeouts(connect_seconds=5, idle_seconds=0.3, total_seconds=0.6)
TOTAL = Timeouts(connect_seconds=5, idle_seconds=5, total_seconds=0.3)

BROKEN_ANSWERS: dict[str, tuple[tuple[Step, ...], Timeouts, ErrorKind, str]] = {
    "closed without an answer": ((CLOSE,), PATIENT, ErrorKind.RESET, "closed the connection"),
    "reset without an answer": ((RESET,), PATIENT, ErrorKind.RESET, "closed the connection"),
    "reset in the head": ((b"HTTP/1.1 200 OK\r\nX-A: b\r\n", Pause(0.1), RESET), PATIENT, ErrorKind.RESET, "closed"),
    "closed in the head": ((b"HTTP/1.1 200 OK\r\nX-A: b\r\n", CLOSE), PATIENT, ErrorKind.RESET, "closed"),
    "silent": ((Pause(5),), IDLE, ErrorKind.IDLE_TIMEOUT, "sent nothing for 0.2 s"),
    "silent in the head": ((b"HTTP/1.1 200 OK\r\nX-", Pause(5)), IDLE, ErrorKind.IDLE_TIMEOUT, "sent nothing"),
    "too late": ((Pause(5),), TOTAL, ErrorKind.TOTAL_TIMEOUT, "within the 0.3 s"),
    "dripping": ((b"HTTP/1.1 2", *[Pause(0.05), b"0"] * 40), DRIP, ErrorKind.TOTAL_TIMEOUT, "within the 0.6 s"),
    "not HTTP": ((b"SSH-2.0-OpenSSH_9.2\r\n", CLOSE), PATIENT, ErrorKind.PROTOCOL, "not HTTP"),
    "no status": ((b"HTTP/1.1 OK\r\n\r\n", CLOSE), PATIENT, ErrorKind.PROTOCOL, "not HTTP"),
    "line without colon": ((b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", CLOSE), PATIENT, ErrorKind.PROTOCOL, "not HTTP"),
    "endless head": (
        (b"HTTP/1.1 200 OK\r\n", Endless(b"X-A: %090d\r\n" % 1)),
        PATIENT,
        ErrorKind.PROTOCOL,
        "too large",
    ),
    "too many headers": ((b"HTTP/1.1 200 OK\r\n", Endless(b"A: b\r\n" * 50)), PATIENT, ErrorKind.PROTOCOL, "not HTTP"),
    "endless line": ((b"HTTP/1.1 200 OK\r\nX-A: ", Endless(b"x" * 999)), PATIENT, ErrorKind.PROTOCOL, "HTTP"),
    "endless interim heads": ((Endless(b"HTTP/1.1 103 A\r\n\r\n" * 9),), PATIENT, ErrorKind.PROTOCOL, "too large"),
}


@pytest.mark.parametrize(("steps", "timeouts", "kind", "words"), BROKEN_ANSWERS.values(), ids=BROKEN_ANSWERS.keys())
def test_broken_answer_is_an_outcome(
    steps: tuple[Step, ...], timeouts: Timeouts, kind: ErrorKind, words: str, transport: Transport
) -> None:
    with Peer(*steps) as peer:
        outcome = move_one(transport, exchange(peer.url, timeouts=timeouts))
    assert (outcome.status, outcome.error_kind) == (None, kind)
    assert words in outcome.error
    assert f"127.0.0.1:{peer.port}" in outcome.error
    assert outcome.timing.total_ms > 0
    assert outcome.timing.first_byte_ms is None


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Bound, so that nobody else gets it, but nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """Its queue of connections is full, so that Linux drops what else asks for one."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_refused_connection_is_named(transport: Transport, closed_port: int) -> None:
    outcome = move_one(transport, exchange(f"http://127.0.0.1:{closed_port}/"))
    assert outcome.error_kind == ErrorKind.CONNECT
    assert outcome.error == f"The connection to 127.0.0.1:{closed_port} was refused: nothing listens there."


@pytest.mark.parametrize(
    "timeouts",
    [Timeouts(connect_seconds=0.2), Timeouts(total_seconds=0.2), Timeouts(connect_seconds=0.2, idle_seconds=0.01)],
    ids=["time to connect", "time of the whole exchange", "connecting is not idling"],
)
def test_dropped_connection_times_out(timeouts: Timeouts, transport: Transport, deaf_port: int) -> None:
    outcome = move_one(transport, exchange(f"http://127.0.0.1:{deaf_port}/", timeouts=timeouts))
    assert outcome.error_kind == ErrorKind.CONNECT_TIMEOUT
    assert "within 0.2 s" in outcome.error


def test_time_to_connect_ends_a_hanging_handshake(transport: Transport) -> None:
    # A TLS record that promises more than ever comes, at once: a peer that does not read the greeting.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        outcome = move_one(transport, exchange(url, timeouts=Timeouts(connect_seconds=0.3)))
    assert outcome.error_kind == ErrorKind.CONNECT_TIMEOUT


def test_plain_http_behind_an_https_url_is_a_tls_error(transport: Transport) -> None:
    def speak_plainly(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=speak_plainly, args=(listener,))
        thread.start()
        outcome = move_one(transport, exchange(f"https://127.0.0.1:{listener.getsockname()[1]}/"))
        thread.join(5)
    assert outcome.error_kind == ErrorKind.TLS
    assert outcome.error.startswith("No secure connection to 127.0.0.1:")


def test_name_that_does_not_resolve_is_named(open_transport: Callable[..., Transport]) -> None:
    def lookup(host: str) -> tuple[str, ...]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    outcome = move_one(open_transport(lookup), exchange("http://nowhere.example/"))
    assert outcome.error_kind == ErrorKind.DNS
    assert outcome.error == "The name nowhere.example does not resolve: Name or service not known."


def test_name_without_addresses_is_named(open_transport: Callable[..., Transport]) -> None:
    outcome = move_one(open_transport(lambda host: ()), exchange("http://nowhere.example/"))
    assert outcome.error == "The name nowhere.example does not resolve: it has no address."


def test_time_to_connect_ends_a_hanging_look_up(open_transport: Callable[..., Transport]) -> None:
    over = Event()

    def lookup(host: str) -> tuple[str, ...]:
        over.wait(10)
        return ("127.0.0.1",)

    try:
        transport = open_transport(lookup)
        outcome = move_one(transport, exchange("http://slow.example/", timeouts=Timeouts(connect_seconds=0.2)))
        assert outcome.error_kind == ErrorKind.DNS
        assert "within 0.2 s" in outcome.error
    finally:
        over.set()
    assert transport.run(0.3) == []  # the late answer begins nothing


def test_second_address_is_tried_when_the_first_refuses(open_transport: Callable[..., Transport]) -> None:
    with Peer(OK) as peer:
        transport = open_transport(lambda host: ("127.0.0.9", "127.0.0.1"))
        outcome = move_one(transport, exchange(f"http://both.example:{peer.port}/"))
    assert outcome.status == 200
    assert peer.requests[0].headers["host"] == f"both.example:{peer.port}"


def test_failures_and_successes_in_flight_keep_apart(transport: Transport, closed_port: int) -> None:
    with Peer(OK) as good, Peer(RESET) as bad:
        urls = [good.url, bad.url, f"http://127.0.0.1:{closed_port}", "ftp://127.0.0.1/", "http://"] * 10
        outcomes = move(transport, *(exchange(url) for url in urls))
    kinds = [outcome.error_kind for outcome in outcomes]
    bad_request, forbidden = ErrorKind.BAD_REQUEST, ErrorKind.FORBIDDEN_ADDRESS
    assert kinds == [None, ErrorKind.RESET, ErrorKind.CONNECT, forbidden, bad_request] * 10
