"""What the browser tests share: a desk at a hub that a module's tests have to themselves."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.desk import AT_A_DESK, Desk, desk_at_a_fresh_hub

#: A page that is expected may come late: other tests use the machine at the same time.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def desk_of_the_module(chromium: Browser) -> Iterator[Desk]:
    with desk_at_a_fresh_hub(chromium) as desk:
        yield desk


@pytest.fixture
def desk(desk_of_the_module: Desk) -> Iterator[Desk]:
    """Complaints of any page fail the test that opened it. Each test begins at a wide page, in light."""
    desk_of_the_module.complaints.clear()
    desk_of_the_module.page.set_viewport_size(AT_A_DESK)
    desk_of_the_module.page.emulate_media(color_scheme="light")
    yield desk_of_the_module
    assert desk_of_the_module.complaints == []
