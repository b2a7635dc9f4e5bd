"""How the tests are collected: which files begin first, and without looking for cycles in them."""

import gc
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
#: Tests of these work within their own process, and are short.
QUICK = (TESTS / "dispatch", TESTS / "subscribers")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays until the end: it is not looked through for cycles while it grows, nor ever again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, object, object]:
    """Files that take long come first, or the last of them would be waited for alone; quick ones fill what is left.

    They are told by the time-outs that their tests are marked with. Among equals the order stays a random one.
    """
    done = yield
    seconds: Counter[Path] = Counter()
    for item in items:
        marker = item.get_closest_marker("timeout")
        seconds[item.path] += marker.args[0] if marker else 0
    items.sort(key=lambda item: (any(item.path.is_relative_to(quick) for quick in QUICK), -seconds[item.path]))
    return done
