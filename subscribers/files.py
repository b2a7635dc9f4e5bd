"""Files of subscribers: CSV, YAML and JSON, read into one kind of table and written from it."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

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
TOO_DEEP = "The file is nested too deep: it must be a list of subscribers, whose fields are single values."
TWICE = "The row names it more than once: say it once."


class Fault(NamedTuple):
    """What is wrong in one row, counted from 1. `name` is the field's, empty if it is none's."""

    row: int
    name: str
    text: str


class Table(tablib.Dataset):  # type: ignore[misc] # tablib comes without types
    """Rows with the columns FIELDS, LEFT_OUT where a row does not have one, and what a row says that none may say."""

    def __init__(self) -> None:
        super().__init__(headers=FIELDS)
        self.faults: list[Fault] = []


def table(rows: Iterable[Any], repeated: Mapping[int, Sequence[str]] | None = None) -> Table:
    """`repeated` are the fields by row that came more than once. Raises FileRefusedError for what has no such rows."""
    made = Table()
    for number, row in enumerate(rows, 1):
        if number > MAX_ROWS:
            raise FileRefusedError(f"The file has more than {MAX_ROWS:,} rows. Split it.")
        if not isinstance(row, Mapping):
            raise FileRefusedError(
                f"Row {number} is no subscriber: each is a mapping of fields such as name and topic."
            )
        faults = [Fault(number, name, TWICE) for name in (repeated or {}).get(number, ())]
        faults += [Fault(number, str(name), text) for name, value in row.items() if (text := _fault(name, value))]
        made.faults += faults
        unfit = {fault.name for fault in faults}
        made.append([LEFT_OUT if name in unfit else row.get(name, LEFT_OUT) for name in FIELDS])
    return made


def _fault(name: Any, value: Any) -> str:
    """The sentence; empty if there is no fault."""
    if name in SECRETS:
        return "A secret does not belong in a file: set it in the admin or by the API."
    if name not in FIELDS:
        return f"There is no such field. Known are: {', '.join(FIELDS)}."
    if isinstance(value, (dict, list)):
        return "It must be one value, not a list or a mapping."
    if "\x00" in str(value):
        return "It holds a NUL character, which no database keeps."
    return ""


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


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
            return table(*_read_yaml(_text(in_stream)))
        except RecursionError as error:
            raise FileRefusedError(TOO_DEEP) from error
        except (yaml.YAMLError, ValueError) as error:  # such as a date that there is none of
            raise FileRefusedError(f"The file is not YAML: {error}") from error

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> str:
        written: str = yaml.dump(_rows(dataset), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
        return written


class SubscribersJSON(JSON):  # type: ignore[misc]
    def create_dataset(self, in_stream: bytes | str, **kwargs: Any) -> tablib.Dataset:
        try:
            rows = _listed(json.loads(_text(in_stream), object_pairs_hook=_Members))
            return table(rows, {n: row.repeated for n, row in enumerate(rows, 1) if isinstance(row, _Members)})
        except RecursionError as error:
            raise FileRefusedError(TOO_DEEP) from error
        except ValueError as error:
            raise FileRefusedError(f"The file is not JSON: {error}") from error

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> str:
        return json.dumps(_rows(dataset), indent=2, ensure_ascii=False) + "\n"


class SubscribersCSV(CSV):  # type: ignore[misc]
    def create_dataset(self, in_stream: bytes | str, **kwargs: Any) -> tablib.Dataset:
        reader = csv.DictReader(io.StringIO(_text(in_stream), newline=""), restkey="beyond the header")
        try:
            if twice := _repeated(reader.fieldnames or ()):
                raise FileRefusedError(f"The header names the column {twice[0]!r} more than once.")
            return table({name: value for name, value in row.items() if value is not None} for row in reader)
        except csv.Error as error:
            raise FileRefusedError(f"The file is not CSV: {error}, near line {reader.line_num}.") from error


def _read_yaml(text: str) -> tuple[Sequence[Any], dict[int, list[str]]]:
    """The rows, and the fields by row that came more than once; PyYAML itself would keep the last of them."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        repeated = dict(_repeated_in_nodes(node))
        return _listed((loader.construct_document(node) if node else None) or []), repeated
    finally:
        loader.dispose()


def _repeated_in_nodes(node: yaml.Node | None) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(node.value if isinstance(node, yaml.SequenceNode) else (), 1):
        if isinstance(row, yaml.MappingNode):
            yield number, _repeated(key.value for key, _ in row.value if isinstance(key, yaml.ScalarNode))


class _Members(dict[str, Any]):
    """An object of JSON that knows which of its keys came more than once."""

    def __init__(self, members: Sequence[tuple[str, Any]]) -> None:
        super().__init__(members)
        self.repeated = _repeated(name for name, _ in members)


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
