"""The flow map's nodes and links: the busiest of each column, and the rest of it as one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dispatch.dashboard.flows import Flows, Volume

#: Nodes that a column shows one by one.
BUSIEST = 50
PUBLISHERS, TOPICS, SUBSCRIBERS = range(3)


@dataclass(frozen=True, slots=True)
class Key:
    """A node: its column, and the author, topic or subscriber's id; None is the rest of the column."""

    column: int
    name: str | int | None


@dataclass(frozen=True)
class Map:
    """Volumes of the nodes, the busiest first, and of the links between them; `rest` counts who is summed, by column.

    On the left a volume is events, and the deliveries they brought; on the right tries, and those that failed.
    """

    nodes: dict[Key, Volume]
    links: dict[tuple[Key, Key], Volume]
    rest: tuple[int, int, int]


def draw(flows: Flows) -> Map:
    pairs = list(_pairs(flows))
    kept, rest = _busiest(pairs)
    nodes: dict[Key, Volume] = {}
    links: dict[tuple[Key, Key], Volume] = {}
    for source, target, volume in pairs:
        ends = tuple(key if key in kept else Key(key.column, None) for key in (source, target))
        links.setdefault((ends[0], ends[1]), Volume()).add(volume)
    for (source, target), volume in links.items():
        outer = source if source.column == PUBLISHERS else target
        nodes.setdefault(outer, Volume()).add(volume)
        topic = target if target.column == TOPICS else source
        nodes.setdefault(topic, Volume()).add(volume if topic is source else Volume())
    return Map(_sorted(nodes, links), links, rest)


def _pairs(flows: Flows) -> Iterator[tuple[Key, Key, Volume]]:
    for (author, topic), volume in flows.published.items():
        yield Key(PUBLISHERS, author), Key(TOPICS, topic), volume
    for (topic, subscriber_id), volume in flows.sent.items():
        yield Key(TOPICS, topic), Key(SUBSCRIBERS, subscriber_id), volume


def _busiest(pairs: Sequence[tuple[Key, Key, Volume]]) -> tuple[set[Key], tuple[int, int, int]]:
    """The nodes that are shown, and how many of each column are not."""
    counts: dict[Key, int] = {}
    for source, target, volume in pairs:
        for key in (source, target):
            counts[key] = counts.get(key, 0) + volume.count
    kept: set[Key] = set()
    rest = []
    for column in (PUBLISHERS, TOPICS, SUBSCRIBERS):
        named = [key for key in counts if key.column == column and key.name is not None]
        kept |= set(sorted(named, key=lambda key: -counts[key])[:BUSIEST])
        rest.append(max(0, len(named) - BUSIEST))
    return kept, (rest[0], rest[1], rest[2])


def _sorted(nodes: dict[Key, Volume], links: dict[tuple[Key, Key], Volume]) -> dict[Key, Volume]:
    weights = dict.fromkeys(nodes, 0)
    for ends, volume in links.items():
        for key in ends:
            weights[key] += volume.count
    order = sorted(nodes, key=lambda key: (key.column, key.name is None, -weights[key], str(key.name)))
    return {key: nodes[key] for key in order}
