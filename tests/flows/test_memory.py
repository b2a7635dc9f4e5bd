"""Large payloads that wait do not grow a consumer: it reads them as there is room. Measured on a real process."""

import time
from pathlib import Path

import pytest

from tests.flows.layouts import environment
from tests.flows.publisher import publish
from tests.flows.receiver import Answer, Receiver
from tests.servers.hub import HubServer

EVENTS = 200
LARGE = 1_000_000
#: Room for what is read (32 MiB), what requests take while they are built and sent, and what the allocator keeps.
GROWTH = 170 << 20


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
