"""A line of JSON says when, how bad, who and what, and names nothing besides."""

import json
import logging
import sys
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from dispatch.about import FIELDS, about
from switchsite.logs import JsonFormatter

ID = UUID("01a21f17-6b3f-7544-949f-368a19824b78")


def line(**extra: Any) -> dict[str, Any]:
    record = logging.LogRecord(
        "dispatch.x", logging.WARNING, __file__, 1, "two\nlines of %s", ("ü\ud800",), sys.exc_info()
    )
    record.__dict__.update(extra)
    text = JsonFormatter().format(record)
    assert "\n" not in text
    assert text.isascii()
    found: dict[str, Any] = json.loads(text)
    return found


def test_line_says_when_how_bad_who_and_what() -> None:
    found = line()
    assert datetime.fromisoformat(found.pop("time")).utcoffset() == timedelta(0)
    assert isinstance(found.pop("process"), int)
    assert found == {"level": "WARNING", "logger": "dispatch.x", "message": "two\nlines of ü\ud800"}


def test_exception_is_text() -> None:
    try:
        raise ValueError("not so")
    except ValueError:
        found = line()
    assert found["exception"].startswith("Traceback")
    assert found["exception"].endswith("ValueError: not so")


def test_what_a_line_is_about_is_fields_of_its_own() -> None:
    extra = about(event_id=ID, delivery_id=ID, subscriber_id=7, topic="orders", trace_id="4b")
    assert tuple(extra) == FIELDS
    found = line(**extra)
    assert {name: found[name] for name in FIELDS} == extra
    assert (found["event_id"], found["subscriber_id"]) == (str(ID), 7)


def test_what_is_not_known_is_left_out() -> None:
    assert about(subscriber_id=7) == {"subscriber_id": 7}
    assert "topic" not in line(**about(subscriber_id=7))


def test_other_extras_are_not_written() -> None:
    assert "secret" not in json.dumps(line(request="GET /?token=secret", status_code=404))
