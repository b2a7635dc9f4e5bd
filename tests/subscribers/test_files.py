"""Files of subscribers are read and written the same in all three formats, and refused with what to change."""

import pytest

from subscribers.files import FIELDS, FORMATS, LEFT_OUT, FileRefusedError, table

ROW = {"name": "billing", "topic": "orders", "target_url": "http://b/", "filter_expression": 'data["x"] == 1 and\n"ü"'}


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_written_is_read_again(name: str) -> None:
    file_format = FORMATS[name]()
    dataset = table([dict.fromkeys(FIELDS, "") | ROW, dict.fromkeys(FIELDS, "") | ROW | {"name": "second"}])
    read = file_format.create_dataset(file_format.export_data(dataset).encode())
    assert read.dict == dataset.dict


def test_yaml_is_written_a_field_a_line() -> None:
    written = FORMATS["yaml"]().export_data(table([dict.fromkeys(FIELDS) | ROW]))
    assert "- name: billing\n  topic: orders\n  filter_expression: |-\n    data[" in written
    assert "ü" in written


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("yaml", "- name: [", "not YAML"),
        ("yaml", "name: billing", "list of subscribers"),
        ("yaml", "- billing", "Row 1 is no subscriber"),
        ("yaml", "- !!python/object/apply:os.getcwd []", "not YAML"),
        ("yaml", "- name: 2026-13-45", "not YAML: month must be in 1..12"),
        ("yaml", "- name: " + "[" * 50_000, "nested too deep"),
        ("yaml", "- name: " + "{a: " * 5_000 + "}" * 5_000, "nested too deep"),
        ("yaml", "\n".join("  " * depth + "-" for depth in range(1_000)), "nested too deep"),
        ("json", "[" * 100_000, "nested too deep"),
        ("json", '[{"a":' * 50_000, "nested too deep"),
        ("json", "[{]", "not JSON"),
        ("json", '{"name": "billing"}', "list of subscribers"),
        ("csv", "name,topic,name\nbilling,orders,other\n", "the column 'name' more than once"),
    ],
)
def test_a_wrong_file_is_refused_with_what_to_change(name: str, text: str, reason: str) -> None:
    with pytest.raises(FileRefusedError, match=reason):
        FORMATS[name]().create_dataset(text.encode())


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("json", '[{}, {"topic": ["a"]}]', (2, "topic", "It must be one value")),
        ("json", '[{}, {"topic": "a\\u0000b"}]', (2, "topic", "It holds a NUL")),
        ("json", '[{}, {"topic": "a", "topic": "b"}]', (2, "topic", "The row names it more than once")),
        ("yaml", "- {}\n- topic: a\n  'topic': b", (2, "topic", "The row names it more than once")),
        ("yaml", "- {}\n- secret: x", (2, "secret", "A secret does not belong in a file")),
        ("yaml", "- {}\n- 7: x", (2, "7", "There is no such field. Known are: name, topic")),
        ("csv", "name,secret\nbilling,x\n", (1, "secret", "A secret does not belong in a file")),
        ("csv", "name,colour\nbilling,red\n", (1, "colour", "There is no such field")),
        ("csv", "name,topic\nbilling,orders,more\n", (1, "beyond the header", "There is no such field")),
    ],
)
def test_what_no_row_may_say_is_told_by_row_and_field(name: str, text: str, fault: tuple[int, str, str]) -> None:
    [found] = FORMATS[name]().create_dataset(text.encode()).faults
    assert found[:2] == fault[:2]
    assert found.text.startswith(fault[2])


def test_what_yaml_merges_into_a_row_is_not_named_twice() -> None:
    read = FORMATS["yaml"]().create_dataset(b"- &first {topic: a, name: b}\n- <<: *first\n  name: c\n")
    assert read.faults == []
    assert [row["name"] for row in read.dict] == ["b", "c"]


def test_a_file_in_another_encoding_is_refused() -> None:
    with pytest.raises(FileRefusedError, match="not UTF-8"):
        FORMATS["csv"]().create_dataset("name\nMüller\n".encode("latin-1"))


def test_a_mark_of_byte_order_is_no_part_of_the_first_field() -> None:
    assert FORMATS["csv"]().create_dataset(b"\xef\xbb\xbfname,topic\r\na,b\r\n").dict[0]["name"] == "a"


def test_what_a_row_does_not_say_is_left_out_and_what_is_too_long_refused() -> None:
    assert table([{"name": "a"}]).dict[0]["topic"] is LEFT_OUT
    with pytest.raises(FileRefusedError, match="more than 10,000 rows"):
        table({"name": str(number)} for number in range(10_001))
