"""Bodies are read within their limit, their time and the memory for all of them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from switchsite.web.reading import ONE_PIECE, BodyRefusedError, Budget, Reader, Share

PATIENT = Reader(limit=100_000, timeout_seconds=10)


class Body:
    """Comes in pieces; then it stalls, if it is told to."""

    def __init__(self, *pieces: bytes, stalls: bool = False) -> None:
        self._pieces = pieces
        self._stalls = stalls

    async def __call__(self) -> bytes:
        return b"".join([piece async for piece in self])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        if self._stalls:
            await asyncio.Event().wait()


def read(reader: Reader, body: Body, announced: int | None, share: Share | None = None) -> bytes:
    return asyncio.run(reader.read(body, announced, share or Share(Budget(1 << 20))))


@pytest.mark.parametrize("announced", [6, None])
def test_body_is_put_together(announced: int | None) -> None:
    assert read(PATIENT, Body(b"abc", b"def", b""), announced) == b"abcdef"


def test_body_that_ends_before_its_length_is_400() -> None:
    with pytest.raises(BodyRefusedError, match="ended before its length") as caught:
        read(PATIENT, Body(b"x" * 50_000, b"", b""), 99_999)
    assert caught.value.status == 400


def test_body_in_chunks_whose_last_one_never_came_is_400() -> None:
    """As Granian tells it: an empty piece for the failure, and one for the end."""
    with pytest.raises(BodyRefusedError, match="before its last chunk") as caught:
        read(PATIENT, Body(b"{}", b"", b""), None)
    assert caught.value.status == 400


@pytest.mark.parametrize("announced", [6, None, 99_999])
def test_body_that_stalls_is_408(announced: int | None) -> None:
    with pytest.raises(BodyRefusedError) as caught:
        read(Reader(100_000, 0.05), Body(b"abc", stalls=True), announced)
    assert caught.value.status == 408
    assert "not complete within 0.05 seconds" in caught.value.detail


def test_body_that_is_announced_too_large_is_413_unread() -> None:
    with pytest.raises(BodyRefusedError, match="has 100001 bytes; 100000 are allowed") as caught:
        read(PATIENT, Body(stalls=True), 100_001)
    assert caught.value.status == 413


def test_body_that_turns_out_too_large_is_413_before_its_end() -> None:
    with pytest.raises(BodyRefusedError) as caught:
        read(PATIENT, Body(b"x" * 60_000, b"x" * 60_000, stalls=True), None)
    assert caught.value.status == 413


@pytest.mark.parametrize("announced", [ONE_PIECE, None])
def test_body_without_room_is_503(announced: int | None) -> None:
    share = Share(Budget(ONE_PIECE - 1))
    with pytest.raises(BodyRefusedError) as caught:
        read(PATIENT, Body(b"x" * ONE_PIECE), announced, share)
    assert caught.value.status == 503


def test_what_is_announced_takes_no_room_before_it_comes() -> None:
    share = Share(Budget(1000))
    with pytest.raises(BodyRefusedError, match="not complete"):
        read(Reader(100_000, 0.05), Body(b"x" * 999, stalls=True), 99_999, share)
    assert share.taken == 999


def test_room_is_given_back() -> None:
    budget = Budget(1000)
    first, second = Share(budget), Share(budget)
    read(PATIENT, Body(b"x" * 900), 900, first)
    with pytest.raises(BodyRefusedError):
        read(PATIENT, Body(b"x" * 900), 900, second)
    second.give_back()
    assert budget.taken == 900
    first.give_back()
    assert budget.taken == 0
    read(PATIENT, Body(b"x" * 900), 900, second)
