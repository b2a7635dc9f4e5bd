"""The subscribers of one topic or pattern, by what must be equal for their filters to hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from immutables import Map

from subscribers.filters import Access, Unknown
from subscribers.index.buckets import Bucket, Few
from subscribers.index.candidates import Candidate, id_of
from subscribers.index.judging import Judge

#: Each operand is worked out for every event of the topic.
MAX_OPERANDS = 256
#: Up to so many subscribers of one operand are asked although it is unknown, so that a misspelt key is counted on them.
ASKED_THOUGH_UNKNOWN = 10

NOBODY = Few()


@dataclass(frozen=True, slots=True)
class Operand:
    """The candidates whose filters compare one operand, by the constants; `count` has each once for each constant."""

    buckets: Map[Any, Bucket]
    count: int

    def of(self, value: Any) -> Bucket:
        """Those whose constant `value` is equal to; those who may have to be counted, if it is unknown."""
        try:
            if not isinstance(value, Unknown):
                return self.buckets.get(value, NOBODY)
        except TypeError:
            pass  # a list or an object, which has no hash: it is equal to no constant
        return self._counted()

    def _counted(self) -> Bucket:
        if self.count > ASKED_THOUGH_UNKNOWN:
            return NOBODY
        candidates = chain.from_iterable(bucket.after(0) for bucket in self.buckets.values())
        return Few(tuple(sorted(set(candidates), key=id_of)))

    def with_(self, candidate: Candidate, access: Access) -> "Operand":
        buckets = self.buckets
        for value in access.values:
            buckets = buckets.set(value, buckets.get(value, NOBODY).with_(candidate))
        return Operand(buckets, self.count + len(access.values))

    def without(self, candidate: Candidate, access: Access) -> "Operand":
        buckets = self.buckets
        for value in access.values:
            kept = buckets[value].without(candidate)
            buckets = buckets.set(value, kept) if kept else buckets.delete(value)
        return Operand(buckets, self.count - len(access.values))


@dataclass(frozen=True, slots=True)
class TopicIndex:
    """`scanned` are the candidates that every event of the topic meets."""

    scanned: Bucket = NOBODY
    operands: Mapping[str, Operand] = field(default_factory=dict)
    count: int = 0

    def buckets(self, judge: Judge) -> Iterator[Bucket]:
        """Those that an event may go to, and no candidate that can match twice."""
        yield self.scanned
        for text, operand in self.operands.items():
            yield operand.of(judge.value(text))

    def choose(self, accesses: tuple[Access, ...]) -> Access | None:
        """The predicate under which a new candidate meets the fewest others."""
        has_room = len(self.operands) < MAX_OPERANDS
        usable = [access for access in accesses if has_room or access.operand in self.operands]
        if len(usable) < 2:
            return usable[0] if usable else None
        return min(usable, key=self._crowd)

    def _crowd(self, access: Access) -> int:
        operand = self.operands.get(access.operand)
        return max([len(operand.buckets.get(value, NOBODY)) for value in access.values]) if operand else 0

    def with_(self, candidate: Candidate, access: Access | None) -> "TopicIndex":
        if access is None:
            return TopicIndex(self.scanned.with_(candidate), self.operands, self.count + 1)
        operand = self.operands.get(access.operand, Operand(Map(), 0)).with_(candidate, access)
        return TopicIndex(self.scanned, {**self.operands, access.operand: operand}, self.count + 1)

    def without(self, candidate: Candidate, access: Access | None) -> "TopicIndex":
        if access is None:
            return TopicIndex(self.scanned.without(candidate), self.operands, self.count - 1)
        operand = self.operands[access.operand].without(candidate, access)
        kept = {text: each for text, each in self.operands.items() if text != access.operand}
        if operand.count:
            kept[access.operand] = operand
        return TopicIndex(self.scanned, kept, self.count - 1)
