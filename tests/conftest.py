"""What all tests share: servers, a fresh matching snapshot, and a summary of what was skipped for want of a service."""

from collections import Counter
from collections.abc import Iterator

import pytest

from subscribers import filter_errors, matching

# Its thread would write into the midst of other tests; those that mean it call `write`.
filter_errors.WRITE_EVERY_SECONDS = 3_600.0

pytest_plugins = ["tests.servers.fixtures"]


@pytest.fixture(autouse=True)
def _fresh_snapshot() -> Iterator[None]:
    """The database is emptied between tests, so what a process remembers of it must go as well."""
    matching.forget()
    yield
    matching.forget()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = Counter(
        str(report.longrepr[2])
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and "service missing" in str(report.longrepr[2])
    )
    for reason, count in reasons.items():
        terminalreporter.write_line(f"{count} tests were skipped: {reason}", yellow=True)
