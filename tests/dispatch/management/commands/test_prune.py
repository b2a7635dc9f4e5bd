"""`manage.py prune` removes what is past its time, shows how far it is, and tells beforehand what that would be."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from dispatch.management.commands import prune as command
from dispatch.models import Attempt, Delivery, Event, Lease
from tests.dispatch.ledger.aged import aged_delivery, aged_event, many_aged
from tests.dispatch.ledger.rows import make_subscriber

pytestmark = pytest.mark.django_db


def prune(*arguments: Any) -> str:
    output = StringIO()
    call_command("prune", *arguments, stdout=output)
    return output.getvalue()


def make_ledger() -> None:
    subscriber = make_subscriber()
    many_aged(12, 40, subscriber)
    many_aged(3, 100, subscriber, "dead")
    many_aged(2, 40, subscriber, "dead")
    many_aged(4, 1, subscriber)
    kept = aged_event(100)
    aged_delivery(kept, subscriber, "delivered", 99, attempts=3)
    aged_delivery(kept, make_subscriber(), "held")


def test_dry_run_tells_what_would_be_removed_and_removes_nothing() -> None:
    make_ledger()
    before = [model.objects.count() for model in (Event, Delivery, Attempt)]
    assert prune("--dry-run") == "Would remove: delivered 13, attempts 18, dead 3, events 15.\n"
    assert [model.objects.count() for model in (Event, Delivery, Attempt)] == before


def test_what_is_removed_is_what_the_dry_run_told() -> None:
    make_ledger()
    told = prune("--dry-run").removeprefix("Would remove")
    *_, last = prune("--batch", "5").splitlines(keepends=True)  # before it, progress, on a slow machine
    assert last.removeprefix("Removed") == told
    assert prune("--dry-run") == "Would remove: nothing.\n"
    assert prune() == "Removed: nothing.\n"


def test_progress_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "PROGRESS_SECONDS", 0)
    make_ledger()
    lines = prune("--batch", "5").splitlines()
    assert lines[0].startswith("So far: delivered ")
    assert len(lines) > 5
    assert lines[-1] == "Removed: delivered 13, attempts 18, dead 3, events 15."


def test_dry_run_knows_what_is_kept_for_ever(settings: Settings) -> None:
    make_ledger()
    settings.SWITCH_KEEP_DEAD_DAYS = 0
    assert prune("--dry-run") == "Would remove: delivered 13, attempts 15, events 12.\n"
    settings.SWITCH_KEEP_DELIVERED_DAYS = 0
    assert prune("--dry-run") == "Would remove: nothing.\n"


def test_the_turn_is_given_up_at_the_end() -> None:
    prune()
    assert not Lease.objects.exists()


@pytest.mark.parametrize("batch", ["0", "-1", "many"])
def test_a_batch_that_is_no_number_is_refused(batch: str) -> None:
    with pytest.raises(CommandError, match="not a whole number above 0"):
        prune(f"--batch={batch}")
