"""Brings the subscribers into the state that a file describes, or tells what that would change."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.text import Truncator

from dispatch.resuming import settle_deleted, waiting
from subscribers.files import FORMATS, LEFT_OUT, Fault, FileRefusedError, Table
from subscribers.history import Difference
from subscribers.models import Subscriber
from subscribers.resources import SubscriberResource

NEW, CHANGED, SAME = "new", "update", "skip"
SHOWN_NAME = 60
NOTHING_IN_IT = (
    "The file has no rows, so that --prune would delete every subscriber. Nothing was changed. "
    "If that is meant, say --allow-empty as well."
)


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes of one row of the file; `act` is NEW, CHANGED or SAME."""

    number: int
    act: str
    subscriber: str
    differences: tuple[Difference, ...]

    @property
    def is_new(self) -> bool:
        return self.act == NEW


@dataclass(slots=True)
class Applied:
    """With `refusals`, sentences by row, nothing was changed. `cancelled` tells how many deliveries waited for the
    pruned ones, in words: in a dry run as they wait now; empty if none did.
    """

    rows: list[Row] = field(default_factory=list)
    pruned: list[Subscriber] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    cancelled: str = ""

    def count(self, act: str) -> int:
        return sum(row.act == act for row in self.rows)


def format_of(file_name: str, name: str = "") -> Any:
    """The format of that name, or by the file's ending. Raises FileRefusedError."""
    wanted = name or Path(file_name).suffix.lstrip(".").lower()
    if wanted not in FORMATS:
        raise FileRefusedError(f"{file_name} ends in none of: {', '.join(f'.{each}' for each in FORMATS)}.")
    return FORMATS[wanted]()


def apply(
    data: bytes, file_format: Any, *, prune: bool = False, allow_empty: bool = False, dry_run: bool = False
) -> Applied:
    """All rows or none. Absent subscribers stay, unless `prune` deletes them.

    Raises FileRefusedError, also for a file without rows that would prune all, unless `allow_empty`.
    """
    dataset = file_format.create_dataset(data)
    if prune and not dataset.height and not allow_empty:
        raise FileRefusedError(NOTHING_IN_IT)
    resource = SubscriberResource()
    result = resource.import_data(
        dataset, dry_run=dry_run or bool(dataset.faults), rollback_on_validation_errors=True, prune=prune
    )
    applied = Applied(refusals=_refusals(result, dataset))
    if not applied.refusals:
        applied.rows = [_row(number, row) for number, row in enumerate(result.rows, 1)]
        applied.pruned = resource.pruned
        ids = [each.pk for each in resource.pruned]
        told = waiting(ids) if dry_run else f"{settle_deleted(ids):,}"
        applied.cancelled = "" if told == "0" else told
    return applied


def _refusals(result: Any, dataset: Table) -> list[str]:
    """By row; of a field with one of the file's faults no other is told, since its value was left out."""
    told = {fault[:2] for fault in dataset.faults}
    found = dataset.faults + [fault for fault in _faults(result) if fault[:2] not in told]
    found.sort(key=lambda fault: fault.row)
    whole = [str(error.error) for error in result.base_errors]
    names = dataset["name"]
    return whole + [_refusal(fault, names[fault.row - 1]) for fault in found]


def _refusal(fault: Fault, subscriber: Any) -> str:
    """The subscriber is named as well, where the row has a name: in a long file rows are not easily counted."""
    is_named = subscriber and subscriber is not LEFT_OUT and str(subscriber).isprintable()
    named = f" ({Truncator(subscriber).chars(SHOWN_NAME)})" if is_named else ""
    field = f", {fault.name}" if fault.name else ""
    return f"Row {fault.row}{named}{field}: {fault.text}"


def _faults(result: Any) -> list[Fault]:
    found = [Fault(row.number, "", str(error.error)) for row in result.error_rows for error in row.errors]
    for row in result.invalid_rows:
        for name, messages in row.error_dict.items():
            found += [Fault(row.number, "" if name == NON_FIELD_ERRORS else name, text) for text in messages]
    return found


def _row(number: int, row: Any) -> Row:
    return Row(number, row.import_type, str(row.instance), row.diff or ())
