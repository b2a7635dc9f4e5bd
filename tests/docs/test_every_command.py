"""Every command and program of the README and the docs is run by a test that is named here, or it is said why not."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.hub import PROJECT

PAGES = [PROJECT / "README.md", PROJECT / "bench" / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
#: Of the fences: what can be run, and what only shows something.
RUN, SHOWN = {"bash", "python", "js", "sql"}, {"json", "text", "yaml"}
#: The tests that run the blocks of a page in a language, all but those that NOT_RUN names.
TESTS = {
    ("README.md", "bash"): ["test_make_run_is_all_that_a_fresh_clone_needs_and_ctrl_c_ends_it"],
    ("docs/api.md", "bash"): ["test_every_command_works"],
    ("docs/filters.md", "python"): ["test_every_example_compiles"],
    ("docs/formats.md", "bash"): ["test_a_cloudevent_by_curl_is_taken_by_the_filter_of_the_page"],
    ("docs/formats.md", "python"): ["test_the_lines_of_a_receiver_verify_what_the_hub_sends"],
    ("docs/moving.md", "bash"): [
        "test_the_move_takes_the_subscribers_over_and_finds_all_well",
        "test_on_the_way_back_the_consumer_sends_what_waits_and_asks_no_broker",
    ],
    ("docs/moving.md", "js"): ["test_the_javascript_of_the_docs_publishes"],
    ("docs/moving.md", "python"): ["test_the_lines_of_the_docs_publish"],
    ("docs/observing.md", "bash"): ["test_a_hub_with_the_packages_and_a_collector_sends_spans"],
    ("docs/operating.md", "bash"): [
        "test_what_was_accepted_before_the_back_up_is_delivered_after_it",
        "test_a_sample_alert_is_sent_to_the_webhook",
    ],
    ("docs/publishing.md", "bash"): ["test_every_command_works_and_every_answer_looks_as_shown"],
    ("docs/python.md", "python"): [
        "test_the_client_publishes_one_and_many",
        "test_the_receiver_knows_what_is_genuine",
        "test_a_django_project_publishes_with_its_commit",
    ],
    ("docs/replay.md", "bash"): ["test_what_replay_and_retention_say_can_be_typed"],
    ("docs/retention.md", "bash"): ["test_what_replay_and_retention_say_can_be_typed"],
    ("docs/retention.md", "sql"): ["test_large_tables_are_vacuumed_sooner"],
    ("docs/start.md", "bash"): ["test_the_five_minute_start_ends_with_an_event_that_arrives"],
    ("docs/subscribers-in-git.md", "bash"): ["test_subscribers_go_to_a_file_and_come_back"],
}
#: What no test runs, by page and first line, and why.
NOT_RUN = {
    ("README.md", "make test"): "It is what runs the tests.",
    ("bench/README.md", "make bench"): "It takes minutes; tests/bench runs the same in a short form.",
    ("bench/README.md", ".venv/bin/python -m bench figures.json --render docs/benchmarks.md"): "Likewise.",
}

FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.M | re.S)
INDENTED = re.compile(r"\n\n {4,}\S.*")
COMMENT = re.compile(r"\s+#.*")
MADE = re.compile(r"\bmake ([a-z][a-z-]*)(?=`|\s+(?:#|[A-Z]+=)|$)", re.M)


def name_of(page: Path) -> str:
    return page.relative_to(PROJECT).as_posix()


def code() -> Iterator[tuple[str, str, str]]:
    """The page, language and first line of every block of code."""
    for page in PAGES:
        for language, block in FENCE.findall(page.read_text()):
            yield name_of(page), language, COMMENT.sub("", block.strip().splitlines()[0])


def known_tests() -> set[str]:
    files = (PROJECT / "tests").rglob("test_*.py")
    return {name for file in files for name in re.findall(r"^def (test_\w+)\(", file.read_text(), re.M)}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_code_stands_between_fences_that_name_its_language(page: Path) -> None:
    without_fences = FENCE.sub("", page.read_text())
    assert INDENTED.findall(without_fences) == []
    assert {language for language, _ in FENCE.findall(page.read_text())} <= RUN | SHOWN


def test_every_command_is_run_by_a_test_or_named_with_the_reason() -> None:
    found = {(page, language, first) for page, language, first in code() if language in RUN}
    left_out = {each for each in found if (each[0], each[2]) in NOT_RUN}
    assert {(page, language) for page, language, _ in found - left_out} == TESTS.keys()
    assert {(page, first) for page, _, first in left_out} == NOT_RUN.keys()


def test_every_test_named_is_there() -> None:
    assert {name for names in TESTS.values() for name in names} <= known_tests()


def test_every_target_of_make_that_a_page_names_is_there() -> None:
    named = {target for page in PAGES for target in MADE.findall(page.read_text())}
    assert {"run", "test", "demo"} <= named
    done = subprocess.run(["make", "--dry-run", *sorted(named)], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
