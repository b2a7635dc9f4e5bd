"""What the tests of dispatch share."""

import logging
from collections.abc import Iterator

import pytest

from subscribers import filter_errors


@pytest.fixture(autouse=True)
def _no_writer_of_filter_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread outlives the test that started it, and would write between tests, when there is no database."""
    monkeypatch.setattr(filter_errors, "_ensure_writer", lambda: None)
    monkeypatch.setattr(filter_errors, "_noted", {})


@pytest.fixture
def quiet_log() -> Iterator[None]:
    """Django logs each refused request."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)
