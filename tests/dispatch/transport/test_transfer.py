"""The options of a handle that no loopback peer can show: read from a double that only keeps them."""

import pycurl
import pytest

from dispatch.transport import AddressGuard, Timeouts
from dispatch.transport.kept import KeptConnections
from dispatch.transport.target import read_target
from dispatch.transport.transfer import Rules, Transfer
from tests.dispatch.transport.moving import exchange


class KeptOptions(dict[int, object]):
    """Stands in for a handle."""

    def setopt(self, option: int, value: object) -> None:
        self[option] = value


def options(timeouts: Timeouts = Timeouts(), waited_seconds: float = 0.0) -> KeptOptions:  # noqa: B008 - it is frozen
    sent = exchange("http://127.0.0.1/", timeouts=timeouts)
    transfer = Transfer("token", sent, read_target(sent.url), Rules(AddressGuard(), "", ""), KeptConnections())
    transfer.started -= waited_seconds
    kept = KeptOptions()
    transfer.prepare(kept, ["127.0.0.1"])  # type: ignore[arg-type]
    return kept


@pytest.mark.parametrize(
    ("option", "seconds"),
    [(pycurl.CONNECTTIMEOUT_MS, 5), (pycurl.TIMEOUT_MS, 30)],
    ids=["to connect", "whole exchange"],
)
def test_time_spent_on_the_name_is_taken_off(option: int, seconds: int) -> None:
    assert options(Timeouts())[option] == pytest.approx(seconds * 1000, abs=500)
    assert options(Timeouts(), waited_seconds=3.0)[option] == pytest.approx((seconds - 3) * 1000, abs=500)


@pytest.mark.parametrize("option", [pycurl.CONNECTTIMEOUT_MS, pycurl.TIMEOUT_MS], ids=["to connect", "whole exchange"])
@pytest.mark.parametrize("waited_seconds", [0.0, 1.0], ids=["at once", "too late"])
def test_no_time_left_is_never_told_as_zero(option: int, waited_seconds: float) -> None:
    # libcurl takes 0 for no limit: https://curl.se/libcurl/c/CURLOPT_TIMEOUT_MS.html
    assert options(Timeouts(connect_seconds=0.0001, total_seconds=0.0001), waited_seconds)[option] == 1


def test_only_http_is_spoken_and_no_signal_is_raised() -> None:
    kept = options()
    assert kept[pycurl.PROTOCOLS] == pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS
    assert kept[pycurl.NOSIGNAL] == 1  # libcurl's alarms would hit the consumer's other threads
