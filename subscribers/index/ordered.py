"""Candidates in the order of their ids; a changed copy shares all but one chunk with the original."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import chain
from typing import Self

from subscribers.index.candidates import Candidate, id_of

CHUNK = 256
Chunk = tuple[Candidate, ...]


def _last_id(chunk: Chunk) -> int:
    return chunk[-1].subscriber_id


class Ordered:
    """Each id at most once. No chunk is empty or longer than CHUNK."""

    __slots__ = ("_chunks", "_count")

    def __init__(self, chunks: tuple[Chunk, ...] = (), count: int = 0) -> None:
        self._chunks = chunks
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Candidate]:
        return chain.from_iterable(self._chunks)

    def after(self, subscriber_id: int) -> Iterator[Candidate]:
        """Those behind the id."""
        place = bisect_right(self._chunks, subscriber_id, key=_last_id)
        for chunk in self._chunks[place : place + 1]:
            yield from chunk[bisect_right(chunk, subscriber_id, key=id_of) :]
        yield from chain.from_iterable(self._chunks[place + 1 :])

    def with_(self, candidate: Candidate) -> Self:
        place = bisect_left(self._chunks, candidate.subscriber_id, key=_last_id)
        if place == len(self._chunks) and place:
            place -= 1  # behind all others: at the end of the last chunk
        chunk = self._chunks[place] if self._chunks else ()
        index = bisect_left(chunk, candidate.subscriber_id, key=id_of)
        return self._replaced(place, _split((*chunk[:index], candidate, *chunk[index:]), index), self._count + 1)

    def without(self, subscriber_id: int) -> Self:
        """Without the candidate of this id, which must be there."""
        place = bisect_left(self._chunks, subscriber_id, key=_last_id)
        chunk = self._chunks[place]
        index = bisect_left(chunk, subscriber_id, key=id_of)
        kept = (*chunk[:index], *chunk[index + 1 :])
        return self._replaced(place, (kept,) if kept else (), self._count - 1)

    def _replaced(self, place: int, chunks: tuple[Chunk, ...], count: int) -> Self:
        return type(self)((*self._chunks[:place], *chunks, *self._chunks[place + 1 :]), count)


def _split(chunk: Chunk, inserted_at: int) -> tuple[Chunk, ...]:
    if len(chunk) <= CHUNK:
        return (chunk,)
    # What comes in the order of the ids leaves full chunks behind it.
    middle = CHUNK if inserted_at == CHUNK else CHUNK // 2
    return chunk[:middle], chunk[middle:]
