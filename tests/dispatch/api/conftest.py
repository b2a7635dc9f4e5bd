"""What the tests of the management API share."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from tests.dispatch.api.caller import Caller, machine


@pytest.fixture(autouse=True)
def _nobody_is_throttled() -> Iterator[None]:
    """The counts outlive a test."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def api(db: None) -> Caller:
    """A machine that may do everything."""
    return machine()
