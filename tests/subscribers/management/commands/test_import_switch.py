"""The command says what became of the rows, by their numbers."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from subscribers.models import Subscriber
from tests.subscribers.originals import write_originals

pytestmark = pytest.mark.django_db


def run(path: Path) -> str:
    output = StringIO()
    call_command("import_switch", str(path), stdout=output, no_color=True)
    return output.getvalue()


def test_bad_filter_is_told_by_row_and_subscriber(tmp_path: Path) -> None:
    good = ("a", "", "http://billing:8000/", None)
    bad = ("b", "data[", "http://billing:8000/", None)
    told = run(write_originals(tmp_path / "old.db", good, bad))
    paused = Subscriber.objects.get(topic="b")
    assert f"Row 2 (b) was imported paused as {paused.pk}: filter_expression: " in told
    assert "2 of 2 subscribers were imported." in told
    assert "Row 1" not in told


def test_second_run_says_that_the_row_is_here(tmp_path: Path) -> None:
    path = write_originals(tmp_path / "old.db", ("a", "", "http://billing:8000/", None))
    run(path)
    told = run(path)
    assert "Row 1 (a) was not imported: it is here already" in told
    assert "0 of 1 subscribers were imported." in told


def test_missing_file_ends_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no file"):
        run(tmp_path / "old.db")
