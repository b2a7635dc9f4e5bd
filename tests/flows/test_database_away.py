"""The database dies under a running hub: publishers are told to come back, and then are served again."""

import time

import pytest

from tests.flows.publisher import publish_raw
from tests.flows.receiver import Receiver
from tests.servers.fixtures import missing
from tests.servers.hub import HubServer
from tests.servers.postgres import PostgresServer
from tests.servers.processes import ServiceMissingError

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]

EVENT = {"topic": "orders", "data": {"body": 1}}


def test_publishing_and_delivering_go_on_once_the_database_is_back() -> None:
    try:
        postgres = PostgresServer()
    except ServiceMissingError as error:
        missing(error)
    with postgres, Receiver() as receiver, HubServer({"DATABASE_URL": postgres.url}) as hub:
        hub.manage("subscribe", "orders", receiver.url)
        hub.start_web()
        hub.start_consumer()
        assert publish_raw(hub, EVENT)[0] == 202
        receiver.wait_for(1)
        postgres.kill()
        status, headers, answer = publish_raw(hub, EVENT)
        assert (status, headers["Content-Type"]) == (503, "application/problem+json")
        assert int(headers["Retry-After"]) > 0
        assert "same Idempotency-Key" in answer["detail"]
        postgres.start()
        deadline = time.monotonic() + 20
        while (status := publish_raw(hub, EVENT)[0]) != 202:
            assert status == 503
            assert time.monotonic() < deadline
            time.sleep(0.2)
        receiver.wait_for(2)
        assert hub.stop_consumers() == [0], "the same consumer has outlived it"
