"""Samples are laid at the door of the module of ours that called last."""

from bench.processes import ROOT
from bench.profiling import as_markdown, by_module

STACKS = [
    f"<module> ({ROOT}/manage.py:9);run (dispatch/consumer/recording.py:50);execute (sqlite3/base.py:3) 60",
    f"run (dispatch/consumer/recording.py:50);settle ({ROOT}/dispatch/ledger/settling.py:7) 30",
    "request (django/core/handlers/wsgi.py:1);send (django/dispatch/dispatcher.py:5) 10",
]


def test_a_sample_counts_for_the_last_module_of_ours() -> None:
    assert by_module(STACKS) == {
        "dispatch/consumer/recording.py": 0.6,
        "dispatch/ledger/settling.py": 0.3,
        "outside of our code": 0.1,
    }
    assert by_module([]) == {}


def test_shares_are_told_as_a_table() -> None:
    results = {"layout": "SQLite", "shares": {"publish": {"web": by_module(STACKS)}}}
    assert "SQLite, `publish`, web:" in as_markdown(results)
    assert "| `dispatch/consumer/recording.py` | 60% |" in as_markdown(results)
