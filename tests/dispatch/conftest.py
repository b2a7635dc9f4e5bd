"""What the tests of dispatch share."""

import pytest

from subscribers import filter_errors


@pytest.fixture(autouse=True)
def _no_writer_of_filter_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread outlives the test that started it, and would write between tests, when there is no database."""
    monkeypatch.setattr(filter_errors, "_ensure_writer", lambda: None)
    monkeypatch.setattr(filter_errors, "_noted", {})
