"""All subscribers by topic; a topic that ends with `*` is a pattern for all that begin as it does."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from immutables import Map, MapMutation

from subscribers.filters import Access
from subscribers.index.buckets import Bucket
from subscribers.index.candidates import Candidate
from subscribers.index.judging import Judge
from subscribers.index.topics import TopicIndex
from subscribers.topics import WILDCARD, is_pattern

EMPTY = TopicIndex()


class Place(NamedTuple):
    """Where in the index a subscriber is."""

    topic: str
    candidate: Candidate
    access: Access | None


class Change(NamedTuple):
    """A subscriber as it is now; `accesses` tell under what it may be put."""

    topic: str
    candidate: Candidate
    accesses: tuple[Access, ...]


@dataclass(frozen=True, slots=True)
class SubscriberIndex:
    """`pattern_lengths` counts the patterns by the length of what is before the wildcard."""

    topics: Map[str, TopicIndex] = Map()  # noqa: RUF009 - it cannot change
    places: Map[int, Place] = Map()  # noqa: RUF009 - likewise
    pattern_lengths: Mapping[int, int] = field(default_factory=dict)

    def of(self, topic: str) -> Iterator[TopicIndex]:
        """The indexes that hold the candidates of an event of `topic`: that of its name, and those of patterns."""
        names = [topic, *(topic[:length] + WILDCARD for length in self.pattern_lengths if length <= len(topic))]
        return (index for name in names if (index := self.topics.get(name)))

    def buckets(self, topic: str, judge: Judge) -> list[Bucket]:
        """The candidates of an event that may match, each in one bucket, or in several if it cannot match."""
        return [bucket for index in self.of(topic) for bucket in index.buckets(judge) if bucket]

    def changed(self, gone: Iterable[int], come: Iterable[Change]) -> "SubscriberIndex":
        """With those `gone` taken out wherever they were, and then those `come` put in."""
        topics, places = self.topics.mutate(), self.places.mutate()
        touched: set[str] = set()
        for subscriber_id in gone:
            if place := places.pop(subscriber_id, None):
                index = topics[place.topic].without(place.candidate, place.access)
                _keep(topics, place.topic, index)
                touched.add(place.topic)
        for topic, candidate, accesses in come:
            index = topics.get(topic, EMPTY)
            access = index.choose(accesses)
            topics[topic] = index.with_(candidate, access)
            places[candidate.subscriber_id] = Place(topic, candidate, access)
            touched.add(topic)
        found = topics.finish()
        return SubscriberIndex(found, places.finish(), self._lengths(touched, found))

    def _lengths(self, touched: set[str], topics: Map[str, TopicIndex]) -> Mapping[int, int]:
        lengths = Counter(self.pattern_lengths)
        for topic in touched:
            if is_pattern(topic):
                lengths[len(topic) - len(WILDCARD)] += (topic in topics) - (topic in self.topics)
        return +lengths


def _keep(topics: MapMutation[str, TopicIndex], topic: str, index: TopicIndex) -> None:
    if index.count:
        topics[topic] = index
    else:
        del topics[topic]
