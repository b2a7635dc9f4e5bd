"""Large payloads in a process: bounded in all and for each subscriber, and counted once for all works of an event."""

import pytest

from dispatch.consumer.freight import Freight
from dispatch.consumer.work import Work
from dispatch.identifiers import new_id
from dispatch.ledger.claiming import Claim
from dispatch.ledger.loading import LoadedSubscriber
from dispatch.transport import Timeouts
from tests.dispatch.test_breaker import NOW


def works(size: int, *subscribers: int) -> list[Work]:
    """Of one event."""
    event_id = new_id()
    return [
        Work(
            Claim(new_id(), event_id, key, 0, 0, 0.0, None, NOW, NOW),
            None,
            LoadedSubscriber(key, "http://h/", False, False, 25, None, None, None, None),
            None,
            Timeouts(),
            size=size,
        )
        for key in subscribers
    ]


@pytest.fixture
def freight() -> Freight:
    return Freight(max_bytes=100)


def test_it_takes_no_more_than_it_may_until_some_are_unloaded(freight: Freight) -> None:
    loaded = [works(25, key) for key in range(4)]
    for each in loaded:
        assert freight.takes(each)
        freight.load(each)
    assert not freight.takes(works(25, 9))
    freight.unload(loaded[0])
    assert freight.takes(works(25, 9))


def test_the_works_of_an_event_share_its_bytes_and_keep_them_to_the_last(freight: Freight) -> None:
    many = works(60, *range(10))
    freight.load(many)
    assert freight.bytes == 60
    freight.unload(many[1:])
    assert freight.bytes == 60
    freight.unload(many[:1])
    assert freight.bytes == 0


def test_one_subscriber_has_no_more_than_its_share(freight: Freight) -> None:
    freight.load(works(20, 1))
    assert not freight.takes(works(20, 1))
    assert freight.takes(works(20, 2))


def test_an_empty_one_takes_what_is_larger_than_all_of_it(freight: Freight) -> None:
    huge = works(1_000, 1)
    assert freight.takes(huge)
    freight.load(huge)
    assert not freight.takes(works(1, 2))


def test_what_was_not_loaded_is_not_unloaded(freight: Freight) -> None:
    freight.load(works(50, 1))
    freight.unload(works(50, 1))
    assert freight.bytes == 50
