"""Files of subscribers: CSV, YAML and JSON, read into one kind of table and written from it."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import tablib
import yaml
from import_export.formats.base_formats import CSV, JSON, YAML

#: What a file may say of a subscriber. Never its secrets; nor its state, which is not to be decided by an old file.
FIELDS = (
    *("name", "topic", "filter_expression", "target_url", "body_format", "retry_limit"),
    *("connect_timeout_seconds", "idle_timeout_seconds", "total_timeout_seconds"),
    *("max_in_flight", "rate_limit_per_second"),
)
MAX_ROWS = 10_000
SECRETS = ("secret", "previous_secret")


class FileRefusedError(Exception):
    """The file cannot be read as one of subscribers; the text says what to change."""


class _Left:
    """Stands where a row says nothing of a field: an existing subscriber keeps what it has."""

    def __str__(self) -> str:
        return ""

    __repr__ = __str__


LEFT_OUT = _Left()


def table(rows: Iterable[Any]) -> tablib.Dataset:
    """The rows with the columns FIELDS, LEFT_OUT where a row does not have one. Raises FileRefusedError."""
    dataset = tablib.Dataset(headers=FIELDS)
    for number, row in enumerate(rows, 1):
        if number > MAX_ROWS:
            raise FileRefusedError(f"The file has more than {MAX_ROWS:,} rows. Split it.")
        _check(number, row)
        dataset.append([row.get(name, LEFT_OUT) for name in FIELDS])
    return dataset


def _check(number: int, row: Any) -> None:
    if not isinstance(row, Mapping):
        raise FileRefusedError(f"Row {number} is no subscriber: each is a mapping of fields such as name and topic.")
    for name, value in row.items():
        if name in SECRETS:
            raise FileRefusedError("A secret does not belong in a file: set it in the admin or by the API.")
        if name not in FIELDS:
            raise FileRefusedError(f"Row {number} has a field {name!r}. Known are: {', '.join(FIELDS)}.")
        if isinstance(value, (dict, list)):
            raise FileRefusedError(f"Row {number}: {name} must be one value, not a list or a mapping.")
        if "\x00" in str(value):
            raise FileRefusedError(f"Row {number}: {name} holds a NUL character, which no database keeps.")


def _text(data: bytes | str) -> str:
    try:
        return data.decode("utf-8-sig") if isinstance(data, bytes) else data.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise FileRefusedError(f"The file is not UTF-8: {error.reason} at byte {error.start}.") from error


def _listed(found: Any) -> Sequence[Any]:
    if not isinstance(found, list):
        raise FileRefusedError("The file must hold a list of subscribers.")
    return found


class SubscribersYAML(YAML):  # type: ignore[misc] # import-export comes without types
    def create_dataset(self, in_stream: bytes | str, **kwargs: Any) -> tablib.Dataset:
        try:
            return table(_listed(yaml.safe_load(_text(in_stream)) or []))
        except yaml.YAMLError as error:
            raise FileRefusedError(f"The file is not YAML: {error}") from error

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> str:
        written: str = yaml.dump(_rows(dataset), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
        return written


class SubscribersJSON(JSON):  # type: ignore[misc]
    def create_dataset(self, in_stream: bytes | str, **kwargs: Any) -> tablib.Dataset:
        try:
            return table(_listed(json.loads(_text(in_stream))))
        except (ValueError, RecursionError) as error:
            raise FileRefusedError(f"The file is not JSON: {error}") from error

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> str:
        return json.dumps(_rows(dataset), indent=2, ensure_ascii=False) + "\n"


class SubscribersCSV(CSV):  # type: ignore[misc]
    def create_dataset(self, in_stream: bytes | str, **kwargs: Any) -> tablib.Dataset:
        reader = csv.DictReader(io.StringIO(_text(in_stream), newline=""), restkey="beyond the header")
        try:
            return table({name: value for name, value in row.items() if value is not None} for row in reader)
        except csv.Error as error:
            raise FileRefusedError(f"The file is not CSV: {error}, near line {reader.line_num}.") from error


def _rows(dataset: tablib.Dataset) -> list[dict[str, Any]]:
    return [dict(zip(dataset.headers, row, strict=True)) for row in dataset]


class _Dumper(yaml.SafeDumper):
    """A field a line, and texts of several lines as such: what a diff in git shows well."""


def _as_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _as_text)

#: By the ending of the file's name.
FORMATS: dict[str, Any] = {
    "yaml": SubscribersYAML,
    "yml": SubscribersYAML,
    "json": SubscribersJSON,
    "csv": SubscribersCSV,
}
