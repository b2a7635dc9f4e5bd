"""Large payloads that wait do not grow a consumer: it reads them as there is room. Measured on a real process."""

import json
import time
from pathlib import Path

import pytest

from tests.flows.layouts import environment
from tests.flows.publisher import publish
from tests.flows.receiver import Answer, Receiver
from tests.servers.hub import HubServer
from tests.servers.processes import children

EVENTS = 200
BATCH = 16
LARGE = 1_000_000
#: Room for what is read (32 MiB), what requests take while they are built and sent, and what the allocator keeps.
GROWTH = 170 << 20
#: What a batch of many values may take beyond one of as many bytes in few: the values of one event or two.
BATCH_GROWTH = 100 << 20


def most_memory(process_id: int) -> int:
    """The most that the process ever had resident, in bytes."""
    status = Path(f"/proc/{process_id}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) << 10


@pytest.mark.timeout(300)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells no process's memory")
@pytest.mark.parametrize("layout", ["sqlite-embedded", pytest.param("postgres-embedded", marks=pytest.mark.postgres)])
def test_200_mib_of_payloads_do_not_grow_a_consumer(layout: str, request: pytest.FixtureRequest) -> None:
    env = environment(layout, request, f"memory_{layout.replace('-', '_')}")
    small, large = (_most_memory_with(env, size, topic) for size, topic in ((100, "small"), (LARGE, "large")))
    assert large - small < GROWTH, f"{small >> 20} MiB with small payloads, {large >> 20} MiB with large ones"


def _most_memory_with(env: dict[str, str], size: int, topic: str) -> int:
    """Of a consumer to which so many payloads of that size come while their subscribers answer slowly."""
    with Receiver(lambda received: time.sleep(0.02) or Answer()) as receiver, HubServer(env) as hub:
        for number in range(2):
            hub.manage("subscribe", topic, f"{receiver.url}/{number}")
        hub.start_web()
        body = {"text": "x" * (size * 9 // 10), "numbers": list(range(size // 64))}
        for start in range(0, EVENTS, 5):
            assert publish(hub, [{"topic": topic, "data": {"body": body}} for _ in range(start, start + 5)])[0] == 202
        consumer = hub.start_consumer()
        receiver.wait_for(2 * EVENTS, 120)
        return most_memory(consumer.pid)


@pytest.mark.timeout(120)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells no process's memory")
@pytest.mark.parametrize("value", [{}, {"a": 0}, 1.5, 1e22], ids=str)
def test_a_batch_of_very_many_tiny_values_takes_little_more_memory_than_one_of_texts(value: object) -> None:
    count = LARGE // (len(json.dumps(value)) + 2)
    few, many = (_most_memory_of_a_web_server(body) for body in ("x" * LARGE, [value] * count))
    assert many - few < BATCH_GROWTH, f"{few >> 20} MiB for texts, {many >> 20} MiB for tiny values"


def _most_memory_of_a_web_server(body: object) -> int:
    """To which a batch of such events is published that nearly has the size allowed."""
    with HubServer() as hub:
        hub.start_web()
        assert hub.web
        status, answer = publish(hub, [{"topic": "large", "data": {"body": body}}] * BATCH)
        assert (status, [each["matched"] for each in answer["results"]]) == (202, [0] * BATCH)
        return max(map(most_memory, children(hub.web)))
