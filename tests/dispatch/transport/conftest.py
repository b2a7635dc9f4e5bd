from collections.abc import Iterator

import pytest

from dispatch.transport import AddressGuard, Transport


@pytest.fixture
def transport() -> Iterator[Transport]:
    opened = Transport(AddressGuard())
    yield opened
    opened.close()
