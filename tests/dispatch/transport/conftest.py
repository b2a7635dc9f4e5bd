from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from dispatch.transport import AddressGuard, Resolver, Transport

OpenTransport = Callable[..., Transport]


@pytest.fixture
def open_transport() -> Iterator[OpenTransport]:
    """Opens transports that are closed with the test; `lookup` resolves their names, `guard` judges addresses."""
    with ExitStack() as stack:

        def opened(
            lookup: Callable[[str], tuple[str, ...]] | None = None, guard: AddressGuard | None = None, **options: str
        ) -> Transport:
            resolver = stack.enter_context(closing(Resolver(lookup))) if lookup else None
            return stack.enter_context(closing(Transport(guard or AddressGuard(), resolver, **options)))

        yield opened


@pytest.fixture
def transport(open_transport: OpenTransport) -> Transport:
    return open_transport()
