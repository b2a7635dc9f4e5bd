"""One subscriber that does badly harms no other, on a real hub with either queue."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dispatch.transport.certificates import Authority
from tests.dispatch.transport.peers import OK, RESET, Endless, Pause, Peer, Step
from tests.flows.layouts import environment
from tests.flows.publisher import publish
from tests.flows.stations import Station

FAKTORY = pytest.param("sqlite-faktory", marks=pytest.mark.faktory)
HEAD = b"HTTP/1.1 200 OK\r\n"
BAD, EVENTS, GOOD = 20, 30, 5
#: A generous bound: what waits behind one that hangs would come after its time-out.
PROMPT_SECONDS = 10.0
TIMEOUT_SECONDS = 25.0
DRIP = tuple(step for letter in HEAD for step in (bytes([letter]), Pause(1)))
SCRIPTS: dict[str, tuple[Step, ...]] = {
    "hangs": (Pause(60),),
    "drips": DRIP,
    "endless body": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", Endless(b"400\r\n" + b"x" * 1024 + b"\r\n")),
    "endless head": (HEAD, Endless(b"x-more: " + b"x" * 1000 + b"\r\n")),
    "resets": (RESET,),
}


@pytest.fixture(scope="module", params=["sqlite-embedded", FAKTORY])
def station(request: pytest.FixtureRequest) -> Iterator[Station]:
    with Station(environment(request.param, request, f"isolation_{request.param.replace('-', '_')}")) as opened:
        yield opened


@pytest.fixture
def bad_urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[str]]:
    """Where those live that do badly in the way the test asks for."""
    kind = request.param
    if kind == "dead names":
        yield [f"http://dead-{number}.invalid/" for number in range(BAD)]
    elif kind == "bad TLS":
        authority = Authority(tmp_path)
        authority.create()
        with Peer(OK, tls=authority.issue("DNS:elsewhere.example")) as peer:
            yield [f"https://127.0.0.1:{peer.port}/{number}" for number in range(BAD)]
    else:
        with Peer(*SCRIPTS[kind]) as peer:
            yield [f"{peer.url}/{number}" for number in range(BAD)]


def publish_many(station: Station, topic: str, count: int) -> None:
    status, answer = publish(station.hub, [{"topic": topic, "data": {"body": {"n": n}}} for n in range(count)])
    assert status == 202, answer


@pytest.mark.parametrize("bad_urls", [*SCRIPTS, "bad TLS", "dead names"], indirect=True)
def test_twenty_that_do_badly_keep_no_other_waiting(
    station: Station, bad_urls: list[str], request: pytest.FixtureRequest
) -> None:
    topic = request.node.callspec.params["bad_urls"].replace(" ", "-")
    for url in bad_urls:
        station.ledger.subscribe(f"bad-{topic}", url, total_timeout_seconds=TIMEOUT_SECONDS)
    for number in range(GOOD):
        station.ledger.subscribe(f"good-{topic}", f"{station.receiver.url}/good-{topic}/{number}")
    before = len(station.receiver.requests)
    publish_many(station, f"bad-{topic}", EVENTS)
    for _ in range(EVENTS):
        publish_many(station, f"good-{topic}", 1)
    station.receiver.wait_for(before + GOOD * EVENTS, PROMPT_SECONDS)
    station.ledger.run("UPDATE subscriber SET state = 'paused' WHERE topic = ?", f"bad-{topic}")
