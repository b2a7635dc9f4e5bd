"""The log says why requests are refused, in bounded lines that hold no secret."""

import logging

import pytest

from dispatch.problems import problem
from dispatch.refusals import LINES_A_SECOND, MAX_LENGTH, RefusalLog
from tests.dispatch.client import post


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_line_says_status_reason_and_place(caplog: pytest.LogCaptureFixture) -> None:
    RefusalLog().note(problem(400, "The topic is empty.", place="topic"))
    assert lines(caplog) == ["Refused with 400 Bad Request: The topic is empty. (topic)"]
    assert caplog.records[0].levelno == logging.WARNING


def test_what_a_client_chose_cannot_begin_a_line_or_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    RefusalLog().note(
        problem(400, "A header's name.", place="data.headers.a\r\nERROR forged\x1b[2J\u2028" + "x" * 9_999)
    )
    (line,) = lines(caplog)
    assert line.isascii()
    assert line.isprintable()
    assert len(line) < MAX_LENGTH * 2


def test_lines_of_a_second_are_bounded_and_the_others_counted(caplog: pytest.LogCaptureFixture) -> None:
    now = [100.0]
    log = RefusalLog(lambda: now[0])
    for _ in range(LINES_A_SECOND + 7):
        log.note(problem(404, "Nothing."))
    assert len(lines(caplog)) == LINES_A_SECOND
    now[0] += 1
    log.note(problem(404, "Nothing."))
    assert lines(caplog)[LINES_A_SECOND:] == [
        "Refused 7 more requests, too many to tell why.",
        "Refused with 404 Not Found: Nothing.",
    ]


@pytest.mark.django_db
def test_each_refused_request_is_told_once(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.refusals.note", RefusalLog().note)
    post({"topic": "", "data": {"headers": {"Authorization": "Bearer hunter2"}}})
    post({}, token="e.y.hunter2")
    assert lines(caplog) == [
        "Refused with 400 Bad Request: The topic is empty. (topic)",
        "Refused with 401 Unauthorized: "
        "The token cannot be read: it is no JWT, or its exp or nbf is no number of seconds.",
    ]
