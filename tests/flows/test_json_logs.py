"""The log of a whole run in JSON: each line of every process is an object, and those about a delivery have its ids."""

import json

from tests.flows.publisher import publish
from tests.flows.receiver import Receiver
from tests.servers.hub import HubServer
from tests.servers.processes import wait_until

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_every_line_of_a_run_is_an_object() -> None:
    env = {"SWITCH_LOG_FORMAT": "json", "SWITCH_LOG_LEVEL": "DEBUG", "SWITCH_WEB_PROCESSES": "2"}
    with Receiver() as receiver, HubServer(env) as hub:
        hub.manage("subscribe", "logged", receiver.url)
        hub.start_web()
        consumer = hub.start_consumer(processes=2)
        status, answer = publish(hub, {"topic": "logged", "data": {}}, traceparent=f"00-{TRACE_ID}-00f067aa0ba902b7-01")
        assert status == 202
        assert publish(hub, {"topic": ""})[0] == 400
        (received,) = receiver.wait_for(1)
        wait_until(lambda: hub.log.read_text().count(" delivers.") == 2, "Both consumers", consumer, hub.log)
        hub.stop()
        lines = [json.loads(line) for line in hub.log.read_text().splitlines()]
    assert all({"time", "level", "logger", "message", "process"} <= line.keys() for line in lines)
    assert {"_granian", "dispatch.refusals", "dispatch.consumer.process"} <= {line["logger"] for line in lines}
    (settled,) = [line for line in lines if line.get("delivery_id") == received.headers["switch-delivery-id"]]
    assert (settled["event_id"], settled["topic"], settled["trace_id"]) == (answer["id"], "logged", TRACE_ID)
    assert isinstance(settled["subscriber_id"], int)
    consumers = {line["process"] for line in lines if line["logger"] == "dispatch.consumer.process"}
    assert len(consumers) == 2
