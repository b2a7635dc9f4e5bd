"""The examples of docs/formats.md: a CloudEvent by curl, a filter over its attributes, a signature that is verified."""

import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from client import switch_hub
from client.switch_hub import SignatureError
from subscribers.secrets import new_shared_secret
from tests.docs.commands import blocks, page, run
from tests.flows.stations import Station

pytestmark = pytest.mark.timeout(180)

FILTER, VERIFYING = blocks(page("formats.md"), "python")


@pytest.fixture(scope="module")
def station() -> Iterator[Station]:
    with Station({}) as opened:
        yield opened


def test_a_cloudevent_by_curl_is_taken_by_the_filter_of_the_page(station: Station) -> None:
    station.subscribe("order.created", filter_expression=FILTER.strip())
    told = run(station.hub, blocks(page("formats.md")), TOKEN=station.hub.token("shop"))
    assert '"matched":1' in told[0]


def test_the_lines_of_a_receiver_verify_what_the_hub_sends(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "switch_hub", switch_hub)  # a receiver has a copy of the file
    secret = new_shared_secret()
    station.subscribe("signed", secret=secret)
    station.publish("signed")
    received = station.first_request("/signed")
    request = SimpleNamespace(headers=received.headers, body=received.body)
    exec(VERIFYING, {"secret": secret, "request": request})  # noqa: S102 - the page's own lines
    request.body += b" "
    with pytest.raises(SignatureError):
        exec(VERIFYING, {"secret": secret, "request": request})  # noqa: S102 - likewise
