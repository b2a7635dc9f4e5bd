"""Reads bodies on the event loop: one that is sent slowly costs a coroutine and no thread."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined] # it is imported there for this

#: A body of at most so many bytes is received in one piece, and counted before it comes. Larger ones come in pieces,
#: which are counted as they come: to announce much takes no memory.
ONE_PIECE = 16 << 10
#: Granian ends a body in pieces with an empty one, and gives an empty one as well for a piece that failed to come.
EMPTY_AT_END = 1
ENDED_EARLY = "The body ended before its length."


class Incoming(Protocol):
    """Granian's view of a body that comes in."""

    async def __call__(self) -> bytes: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...


class BodyRefusedError(Exception):
    """A body that is read no further; `status` is what the client is answered."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(slots=True)
class Budget:
    """Bytes of bodies that the process holds at once, those that wait for their answer included."""

    limit: int
    taken: int = 0

    def take(self, size: int) -> None:
        """Raises BodyRefusedError (503) if there is no room."""
        if self.taken + size > self.limit:
            raise BodyRefusedError(503, "The server holds as many unfinished requests as it may. Repeat this one.")
        self.taken += size


@dataclass(slots=True)
class Share:
    """What one request holds of the budget, until it is answered."""

    budget: Budget
    taken: int = 0

    def take(self, size: int) -> None:
        self.budget.take(size)
        self.taken += size

    def give_back(self) -> None:
        self.budget.taken -= self.taken
        self.taken = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """`limit` in bytes. The whole body has to be there within `timeout_seconds`."""

    limit: int
    timeout_seconds: float

    async def read(self, incoming: Incoming, announced: int | None, share: Share) -> bytes:
        """The body, whose length was `announced` or not. Raises BodyRefusedError (400, 408, 413, 503)."""
        if announced is not None and announced > self.limit:
            raise BodyRefusedError(413, f"The body has {announced} bytes; {self.limit} are allowed.")
        try:
            async with asyncio.timeout(self.timeout_seconds):
                if announced is not None and announced <= ONE_PIECE:
                    share.take(announced)
                    return await incoming()
                return await self._in_pieces(incoming, announced, share)
        except TimeoutError as error:
            detail = f"The body was not complete within {self.timeout_seconds:g} seconds."
            raise BodyRefusedError(408, detail) from error
        except ProtocolClosed as error:
            raise BodyRefusedError(400, ENDED_EARLY) from error

    async def _in_pieces(self, incoming: Incoming, announced: int | None, share: Share) -> bytes:
        pieces: list[bytes] = []
        size = 0
        async for piece in incoming:
            size += len(piece)
            if size > self.limit:
                raise BodyRefusedError(413, f"The body has more than the {self.limit} bytes allowed.")
            share.take(len(piece))
            pieces.append(piece)
        if announced is not None and size != announced:
            raise BodyRefusedError(400, ENDED_EARLY)
        if pieces.count(b"") > EMPTY_AT_END:
            raise BodyRefusedError(
                400, "The body ended before its last chunk, or has trailer fields, which are not taken."
            )
        return b"".join(pieces)
