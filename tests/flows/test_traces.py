"""A publisher's trace, from its request through web server, queue and consumer to the subscriber and the collector."""

from typing import Any

import pytest
import requests

from dispatch.tracing.context import read_trace
from tests.flows.collector import Collector, Spotted
from tests.flows.layouts import environment
from tests.flows.receiver import Answer, Received, Receiver
from tests.servers.hub import HubServer
from tests.servers.processes import free_port

TRACE_ID, SPAN_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"
SAMPLED = 1
TRACED = {"traceparent": TRACEPARENT, "tracestate": "shop=cart, other=1"}
LAYOUTS = [
    "sqlite-embedded",
    pytest.param("sqlite-faktory", marks=pytest.mark.faktory),
    pytest.param("postgres-faktory", marks=[pytest.mark.faktory, pytest.mark.postgres]),
]

pytestmark = pytest.mark.timeout(120)


def publish(hub: HubServer, headers: dict[str, str], **data: Any) -> str:
    return post(hub, {"topic": "traced", "data": {"body": {}, **data}}, headers)


def post(hub: HubServer, body: dict[str, Any], headers: dict[str, str]) -> str:
    answer = requests.post(
        f"{hub.url}/publish",
        json=body,
        headers=headers | {"Authorization": f"Bearer {hub.token()}"},
        timeout=30,
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def start(hub: HubServer, *targets: str) -> None:
    for target in targets:
        hub.manage("subscribe", "traced", target)
    hub.start_web()
    hub.start_consumer()


def by_kind(spans: list[Spotted], kind: str) -> list[Spotted]:
    return [span for span in spans if span.kind == kind]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_trace_leads_from_publisher_to_subscriber(layout: str, request: pytest.FixtureRequest) -> None:
    env = environment(layout, request, f"traces_{layout.replace('-', '_')}")
    with Collector() as collector, Receiver() as receiver:
        env |= {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        with HubServer(env) as hub:
            start(hub, f"{receiver.url}/hook?token=hidden")
            event_id = publish(hub, TRACED)
            (received,) = receiver.wait_for(1)
            spans = collector.wait_for(2)
    (published,), (attempt,) = by_kind(spans, "SERVER"), by_kind(spans, "CLIENT")
    assert (published.trace_id, published.parent_id) == (TRACE_ID, SPAN_ID)
    assert (attempt.trace_id, attempt.parent_id) == (TRACE_ID, published.span_id)
    assert received.headers["traceparent"] == f"00-{TRACE_ID}-{attempt.span_id}-01"
    assert received.headers["tracestate"] == "shop=cart,other=1"
    assert published.attributes["messaging.message.id"] == attempt.attributes["messaging.message.id"] == event_id
    assert published.attributes["http.response.status_code"] == 202
    assert attempt.attributes["http.response.status_code"] == 200
    assert attempt.attributes["server.address"] == "127.0.0.1"
    assert attempt.attributes["switch.delivery.id"] == received.headers["switch-delivery-id"]
    assert attempt.name == "deliver traced"
    assert {span.service for span in spans} == {"switch"}
    assert not any(span.is_error for span in spans)
    assert "hidden" not in repr(spans)


CLOUDEVENT = {"specversion": "1.0", "id": "1", "source": "/shop", "type": "traced"}


@pytest.mark.parametrize(
    "body",
    [
        {"topic": "traced", "data": {"headers": TRACED, "body": {}}},
        {**CLOUDEVENT, "traceparent": TRACEPARENT, "tracestate": TRACED["tracestate"]},
    ],
    ids=["headers", "cloudevent"],
)
def test_trace_in_a_payload_leads_on_where_the_publish_itself_has_none(body: dict[str, Any]) -> None:
    with Collector() as collector, Receiver() as receiver:
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        with HubServer(env) as hub:
            start(hub, receiver.url)
            post(hub, body, {})
            (received,) = receiver.wait_for(1)
            spans = collector.wait_for(2)
    (published,), (attempt,) = by_kind(spans, "SERVER"), by_kind(spans, "CLIENT")
    assert (published.trace_id, published.parent_id) == (TRACE_ID, SPAN_ID)
    assert (attempt.trace_id, attempt.parent_id) == (TRACE_ID, published.span_id)
    assert received.headers["traceparent"] == f"00-{TRACE_ID}-{attempt.span_id}-01"
    assert received.headers["tracestate"] == "shop=cart,other=1"


def test_failure_is_an_error_and_a_replay_a_trace_linked_to_its_origin() -> None:
    def answer(received: Received) -> Answer:
        return Answer(410 if len(receiver.requests) == 0 else 200)

    with Collector() as collector, Receiver(answer) as receiver:
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        with HubServer(env) as hub:
            start(hub, f"{receiver.url}/:id")
            publish(hub, {}, path_params={"id": "one"})
            (first,) = receiver.wait_for(1)
            published, failed = collector.wait_for(2)
            if published.kind == "CLIENT":
                published, failed = failed, published
            hub.manage("replay", "--delivery", first.headers["switch-delivery-id"])
            _, second = receiver.wait_for(2)
            (repeated,) = by_kind(collector.wait_for(3)[2:], "CLIENT")
    assert published.parent_id == ""
    assert failed.is_error
    assert (failed.attributes["http.response.status_code"], failed.attributes["error.type"]) == (410, "410")
    assert repeated.trace_id != published.trace_id
    assert repeated.links == [(published.trace_id, published.span_id)]
    assert repeated.attributes["switch.replay_of"] == first.headers["switch-delivery-id"]
    carried = read_trace(second.headers["traceparent"])
    assert carried is not None
    assert (carried.trace_id, carried.span_id, carried.flags & SAMPLED) == (
        repeated.trace_id,
        repeated.span_id,
        SAMPLED,
    )


def test_without_a_collector_the_publishers_trace_is_passed_on_as_it_came() -> None:
    with Receiver() as receiver, HubServer() as hub:
        start(hub, receiver.url)
        publish(hub, TRACED)
        (received,) = receiver.wait_for(1)
        publish(hub, {"traceparent": f"00-{'0' * 32}-{SPAN_ID}-01"})
        _, untraced = receiver.wait_for(2)
    assert received.headers["traceparent"] == TRACEPARENT
    assert received.headers["tracestate"] == "shop=cart,other=1"
    assert "traceparent" not in untraced.headers


def test_collector_that_is_away_stops_nothing_and_is_told_of_once_a_process() -> None:
    with Receiver() as receiver:
        env = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}",
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
        }
        with HubServer(env) as hub:
            start(hub, receiver.url)
            for count in range(1, 41):
                publish(hub, TRACED)
                receiver.wait_for(count)
            assert len(receiver.deliveries()) == 40
            assert hub.stop_consumers() == [0]
            hub.stop()
            log = hub.log.read_text()
    assert log.count("The collector does not take spans") == 2  # the web process, and the consumer
    assert "Traceback" not in log
    assert "Connection refused" not in log
