"""What the tests of dispatch share."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture
def quiet_log() -> Iterator[None]:
    """Django logs each refused request."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)
