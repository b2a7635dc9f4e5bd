"""What all tests share: servers, a fresh matching snapshot, and a summary of what was skipped for want of a service."""

from collections import Counter
from collections.abc import Iterator

import pytest

from dispatch import backpressure, outages, tallies
from dispatch.dashboard import flows, traffic
from subscribers import filter_errors, matching

pytest_plugins = ["tests.servers.fixtures"]


@pytest.fixture(autouse=True)
def _fresh_snapshot() -> Iterator[None]:
    """The database is emptied between tests, so what a process remembers of it must go as well."""
    matching.forget()
    traffic.stretches.forget()
    flows.hours.forget()
    yield
    matching.forget()


@pytest.fixture(autouse=True)
def _no_writer_of_filter_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread outlives the test that started it, and would write between tests, when there is no database."""
    monkeypatch.setattr(filter_errors, "_ensure_writer", lambda: None)
    monkeypatch.setattr(filter_errors, "_noted", {})


@pytest.fixture(autouse=True)
def _no_writer_of_tallies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Likewise."""
    monkeypatch.setattr(tallies, "_ensure_writer", lambda: None)
    monkeypatch.setattr(tallies, "_tallied", Counter())


@pytest.fixture(autouse=True)
def _no_watcher_of_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Likewise; tests look for themselves."""
    standing = backpressure.Watcher()
    monkeypatch.setattr(backpressure, "watcher", lambda: standing)


@pytest.fixture(autouse=True)
def _no_outage_noted_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "database", outages.Outage())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = Counter(
        str(report.longrepr[2])
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and "service missing" in str(report.longrepr[2])
    )
    for reason, count in reasons.items():
        terminalreporter.write_line(f"{count} tests were skipped: {reason}", yellow=True)
