"""Who publishes to whom: the counters' volumes, the busiest of each column, and who is heard by nobody."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dispatch.dashboard import flows as module
from dispatch.dashboard import mapping
from dispatch.dashboard.flows import Flows, Volume, flows, hours
from dispatch.dashboard.mapping import PUBLISHERS, SUBSCRIBERS, TOPICS, Key, draw
from dispatch.ledger.standing import never_matched
from dispatch.models import AttemptCounter
from tests.dispatch.dashboard.counters import published, tried
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db

LONG = 60.0


def ago(**span: float) -> timedelta:
    return timedelta(**span)


def of(span: str = "day", seconds: float = LONG) -> Flows:
    return flows(span, timezone.now(), seconds)


def test_volumes_are_summed_by_author_and_topic_and_by_topic_and_subscriber() -> None:
    subscriber = make_subscriber()
    for hours_ago in (1, 5, 20):
        published(ago(hours=hours_ago), events=2, deliveries=6)
        tried(ago(hours=hours_ago), subscriber, "200", 5)
        tried(ago(hours=hours_ago), subscriber, "503", 1)
        tried(ago(hours=hours_ago), subscriber, "dns", 1)
    published(ago(hours=2), events=1, deliveries=0, author="till")
    published(ago(hours=40), events=100, deliveries=100)
    found = of("day")
    assert found.published == {("shop", "orders"): Volume(6, 18), ("till", "orders"): Volume(1, 0)}
    assert found.sent == {("orders", subscriber.pk): Volume(21, 6)}
    assert of("week").published["shop", "orders"] == Volume(106, 118)
    assert not found.missing


def test_topics_that_nobody_heard_are_found_the_busiest_first() -> None:
    published(ago(hours=1), events=2, deliveries=6)
    published(ago(hours=1), events=2, deliveries=0, topic="quiet")
    published(ago(hours=2), events=3, deliveries=0, topic="quiet", author="till")
    published(ago(hours=2), events=1, deliveries=0, topic="quieter")
    published(ago(hours=2), events=9, deliveries=0, author="till")
    assert list(of().unheard.items()) == [("quiet", 5), ("quieter", 1)]


def test_subscribers_that_never_matched_are_found() -> None:
    make_delivery(make_subscriber(), state="delivered")
    never = make_subscriber(topic="no.such.topic")
    make_subscriber(topic="no.such.topic").delete()
    assert never_matched(10) == [never.pk]
    more = [make_subscriber() for _ in range(3)]
    assert never_matched(2) == [never.pk, more[0].pk]


def test_beyond_the_busiest_pairs_of_an_hour_a_topic_keeps_its_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAIRS", 2)
    subscribers = [make_subscriber() for _ in range(4)]
    for place, subscriber in enumerate(subscribers):
        tried(ago(hours=3), subscriber, "200", 10 - place)
        tried(ago(hours=3), subscriber, "500", 1)
    assert of().sent == {
        ("orders", subscribers[0].pk): Volume(11, 1),
        ("orders", subscribers[1].pk): Volume(10, 1),
        ("orders", None): Volume(17, 2),
    }


def test_hours_that_are_over_are_read_once_and_bit_by_bit() -> None:
    tried(ago(days=6), make_subscriber(), "200", 4)
    found, looks = of("week", seconds=0), 1
    assert found.missing > timedelta(days=5)
    while found.missing:
        found, looks = of("week", seconds=0), looks + 1
        assert looks < 100, "it does not end"
    assert [volume.count for volume in found.sent.values()] == [4]
    AttemptCounter.objects.update(count=5)
    with CaptureQueriesContext(connection) as captured:
        assert [volume.count for volume in of("week").sent.values()] == [4]
    assert len(captured) <= 9
    hours.forget()
    assert [volume.count for volume in of("week").sent.values()] == [5]


def a_flow(*, topics: int, subscribers: int) -> Flows:
    published = {("shop", f"topic-{each}"): Volume(each + 1, 1) for each in range(topics)}
    sent = {(f"topic-{each % topics}", each + 1): Volume(each + 1, each % 2) for each in range(subscribers)}
    return Flows(timezone.now(), published, {**sent}, timedelta())


def test_a_map_keeps_the_volumes_of_its_links_and_nodes() -> None:
    drawn = draw(a_flow(topics=2, subscribers=4))
    shop, topics = Key(PUBLISHERS, "shop"), [Key(TOPICS, "topic-0"), Key(TOPICS, "topic-1")]
    assert drawn.links[shop, topics[1]] == Volume(2, 1)
    assert drawn.links[topics[1], Key(SUBSCRIBERS, 4)] == Volume(4, 1)
    assert drawn.nodes[shop] == Volume(3, 2)
    assert drawn.nodes[topics[1]] == Volume(6, 2), "a topic tells of what is sent"
    assert [key.column for key in drawn.nodes] == [0, 1, 1, 2, 2, 2, 2]
    assert list(drawn.nodes)[3] == Key(SUBSCRIBERS, 4), "the busiest first"
    assert drawn.rest == (0, 0, 0)


def test_a_map_sums_what_is_not_among_the_busiest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping, "BUSIEST", 3)
    flow = a_flow(topics=5, subscribers=40)
    drawn = draw(flow)
    for column in (TOPICS, SUBSCRIBERS):
        assert len([key for key in drawn.nodes if key.column == column]) == 4
    assert drawn.rest == (0, 2, 37)
    sent = [volume for (source, _), volume in drawn.links.items() if source.column == TOPICS]
    assert sum(volume.count for volume in sent) == sum(volume.count for volume in flow.sent.values())
    assert list(drawn.nodes)[-1] == Key(SUBSCRIBERS, None)
