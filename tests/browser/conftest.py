"""What the browser tests share: a desk at a hub that a module's tests have to themselves."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.desk import Desk, desk_at_a_fresh_hub


@pytest.fixture(scope="module")
def desk_of_the_module(chromium: Browser) -> Iterator[Desk]:
    with desk_at_a_fresh_hub(chromium) as desk:
        yield desk


@pytest.fixture
def desk(desk_of_the_module: Desk) -> Iterator[Desk]:
    """Complaints of any page fail the test that opened it."""
    desk_of_the_module.complaints.clear()
    yield desk_of_the_module
    assert desk_of_the_module.complaints == []
