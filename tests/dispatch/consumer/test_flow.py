"""What is between claim and record is known, and bounds what is taken."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from dispatch.consumer import flow as flow_module
from dispatch.consumer.flow import Flow
from dispatch.identifiers import new_id


def work(*, is_ready: bool = True) -> Any:
    return SimpleNamespace(
        claim=SimpleNamespace(delivery_id=new_id(), event_id=new_id()),
        subscriber=SimpleNamespace(id=1),
        request=object() if is_ready else None,
        is_unread=False,
        is_loaded=False,
    )


def test_a_delivery_is_in_hand_until_it_is_recorded() -> None:
    flow = Flow(10)
    sent, unsent = work(), work(is_ready=False)
    flow.take([sent, unsent])
    assert flow.in_hand() == {sent.claim.delivery_id, unsent.claim.delivery_id}
    assert flow.wait_for_done(10, 0) == [unsent]
    assert unsent.claim.delivery_id in flow.in_hand(), "it is not yet recorded"
    flow.release([unsent])
    assert flow.in_hand() == {sent.claim.delivery_id}
    flow.finish(flow.ready())
    flow.release(flow.wait_for_done(10, 0))
    assert flow.in_hand() == set()
    assert flow.taken == 0


def test_taking_and_recording_are_progress() -> None:
    flow = Flow(10)
    moments = [flow.progressed_at]
    flow.take([])
    moments.append(flow.progressed_at)
    flow.release([])
    moments.append(flow.progressed_at)
    assert moments == sorted(set(moments))


def test_one_that_is_nearly_full_gives_what_room_there_is_and_a_full_one_none() -> None:
    flow = Flow(8)
    flow.take([work() for _ in range(7)])
    assert flow.wait_for_room(60) == 1
    flow.take([work()])
    assert flow.wait_for_room(0.001) == 0


def test_one_that_is_nearly_full_gives_as_much_room_as_comes_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_module, "GATHER_SECONDS", 60)
    flow = Flow(8)
    works = [work() for _ in range(8)]
    flow.take(works)
    with ThreadPoolExecutor() as pool:
        room = pool.submit(flow.wait_for_room, 60)
        for each in works[:2]:
            flow.release([each])
        assert room.result(60) == 2
