"""What is done about each outcome, as a table."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.outcomes import ErrorKind, Outcome
from dispatch.verdicts import MAX_DEFERRAL, MAX_TOTAL_DEFERRAL, Act, Standing, Verdict, judge, retry_after

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FRESH = Standing(failures=0, retry_limit=25, deferred=timedelta(), has_path_parameters=False)
LAST = FRESH._replace(failures=25)
NO_RETRIES = FRESH._replace(retry_limit=0)
WITH_PARAMETERS = FRESH._replace(has_path_parameters=True)

DELIVERED, RETRY, EXHAUSTED = Verdict(Act.DELIVERED), Verdict(Act.RETRY), Verdict(Act.DEAD, "exhausted")
GONE, PERMANENT = Verdict(Act.DEAD, "gone"), Verdict(Act.DEAD, "permanent")


def answered(status: int, *headers: tuple[str, str]) -> Outcome:
    return Outcome(status=status, headers=headers)


def failed(kind: ErrorKind) -> Outcome:
    return Outcome(error_kind=kind)


def deferred(**asked: float) -> Verdict:
    """For as long as it was asked."""
    return Verdict(Act.DEFER, "throttled", timedelta(**asked), timedelta(**asked))


def told(seconds: object, status: int = 429) -> Outcome:
    return answered(status, ("Retry-After", str(seconds)))


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 299])
@pytest.mark.parametrize("standing", [FRESH, LAST, NO_RETRIES], ids=["first try", "last try", "only try"])
def test_2xx_is_delivered_whatever_came_before(status: int, standing: Standing) -> None:
    assert judge(answered(status, ("Retry-After", "60")), standing, NOW) == DELIVERED


@pytest.mark.parametrize(
    "status",
    [300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 408, 409, 411, 422, 429, 451, 500, 502, 503, 504, 999],
)
def test_other_status_is_retried_until_exhausted(status: int) -> None:
    assert judge(answered(status), FRESH, NOW) == RETRY
    assert judge(answered(status), LAST, NOW) == EXHAUSTED
    assert judge(answered(status), NO_RETRIES, NOW) == EXHAUSTED


@pytest.mark.parametrize("kind", ErrorKind)
def test_error_is_retried_unless_it_is_permanent(kind: ErrorKind) -> None:
    if kind in (ErrorKind.FORBIDDEN_ADDRESS, ErrorKind.BAD_REQUEST):
        assert judge(failed(kind), FRESH, NOW) == PERMANENT
    else:
        assert judge(failed(kind), FRESH, NOW) == RETRY
        assert judge(failed(kind), LAST, NOW) == EXHAUSTED


@pytest.mark.parametrize(
    ("failures", "limit", "verdict"),
    [(0, 1, RETRY), (1, 1, EXHAUSTED), (24, 25, RETRY), (25, 25, EXHAUSTED), (7, 3, EXHAUSTED)],
)
def test_limit_counts_the_failures_before_this_one(failures: int, limit: int, verdict: Verdict) -> None:
    standing = FRESH._replace(failures=failures, retry_limit=limit)
    assert judge(answered(500), standing, NOW) == verdict


@pytest.mark.parametrize("standing", [FRESH, LAST], ids=["first try", "last try"])
def test_gone_pauses_the_subscriber(standing: Standing) -> None:
    assert judge(answered(410), standing, NOW) == GONE._replace(pauses=True)


def test_gone_resource_of_a_url_with_path_parameters_pauses_nobody() -> None:
    assert judge(answered(410), WITH_PARAMETERS, NOW) == GONE


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("standing", [FRESH, LAST, NO_RETRIES], ids=["first try", "last try", "only try"])
def test_subscriber_that_asks_to_wait_is_waited_for(status: int, standing: Standing) -> None:
    assert judge(told(120, status), standing, NOW) == deferred(seconds=120)


@pytest.mark.parametrize("status", [301, 400, 413, 500, 502, 504])
def test_retry_after_of_other_answers_changes_nothing(status: int) -> None:
    assert judge(told(120, status), FRESH, NOW) == RETRY


@pytest.mark.parametrize(
    ("before", "asked", "verdict"),
    [
        pytest.param(timedelta(hours=23), 3600, deferred(hours=1), id="just a day in all"),
        pytest.param(timedelta(hours=23, seconds=1), 3600, RETRY, id="over a day in all"),
        pytest.param(timedelta(days=1), 1, RETRY, id="a second too long"),
        pytest.param(timedelta(hours=23), 86_400, deferred(hours=1), id="the cap counts, not the wish"),
        pytest.param(timedelta(hours=23, seconds=1), 1, RETRY, id="the least wait counts, not the wish"),
    ],
)
def test_waits_of_a_delivery_are_a_day_in_all(before: timedelta, asked: int, verdict: Verdict) -> None:
    assert judge(told(asked), FRESH._replace(deferred=before), NOW) == verdict


@pytest.mark.parametrize("text", ["0", "000", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 02 Jan 2026 03:04:05 GMT"])
@pytest.mark.parametrize("status", [429, 503])
def test_one_that_asks_for_no_wait_fails_like_any_other(status: int, text: str) -> None:
    assert judge(told(text, status), FRESH, NOW) == RETRY
    assert judge(told(text, status), LAST, NOW) == EXHAUSTED


@pytest.mark.parametrize(
    ("before", "asked", "delay"),
    [
        (0, 1, 15),
        (0, 14, 15),
        (0, 16, 16),
        (150, 1, 15),
        (600, 1, 60),
        (600, 90, 90),
        (36_000, 1, 3_600),
        (80_000, 1, 3_600),
    ],
)
def test_a_delivery_waits_for_no_less_than_a_part_of_what_it_has_waited(before: int, asked: int, delay: int) -> None:
    verdict = judge(told(asked), FRESH._replace(deferred=timedelta(seconds=before)), NOW)
    assert verdict == Verdict(Act.DEFER, "throttled", timedelta(seconds=delay), timedelta(seconds=asked))


def test_a_day_of_short_waits_is_less_than_a_hundred_tries() -> None:
    standing, tries = FRESH, 0
    while (verdict := judge(told(1), standing, NOW)).act is Act.DEFER:
        standing, tries = standing._replace(deferred=standing.deferred + verdict.delay), tries + 1
    assert verdict == RETRY
    assert tries < 100


def test_over_a_day_in_all_the_retries_count_again() -> None:
    standing = LAST._replace(deferred=MAX_TOTAL_DEFERRAL)
    assert judge(told(60), standing, NOW) == EXHAUSTED


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("0", timedelta()),
        ("120", timedelta(seconds=120)),
        (" 7 ", timedelta(seconds=7)),
        ("3600", MAX_DEFERRAL),
        ("3601", MAX_DEFERRAL),
        pytest.param("9" * 5_000, MAX_DEFERRAL, id="5,000 nines"),
        pytest.param("0" * 5_000 + "7", timedelta(seconds=7), id="5,000 noughts before a 7"),
        ("Fri, 02 Jan 2026 03:05:05 GMT", timedelta(minutes=1)),
        ("Fri, 02 Jan 2026 04:05:05 +0100", timedelta(minutes=1)),
        ("Friday, 02-Jan-26 03:05:05 GMT", timedelta(minutes=1)),
        ("Fri Jan  2 03:05:05 2026", timedelta(minutes=1)),
        ("Fri, 02 Jan 2026 03:05:05 -0000", timedelta(minutes=1)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", timedelta()),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_DEFERRAL),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("+5", None),
        ("1e3", None),
        ("²", None),
        ("٣", None),
        ("Fri, 99 Jan 2026 03:05:05 GMT", None),
        ("Fri, 02 Jan 2026 99:99:99 GMT", None),
        ("2026-01-02T03:05:05Z", None),
        ("Fri, 02 Jan 99999999999999999999 03:05:05 GMT", None),
        ("Fri, 02 Jan 2026 03:05:05 +9999999999999999999999", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", MAX_DEFERRAL),
        ("Mon, 01 Jan 0001 00:00:00 +2359", timedelta()),
    ],
)
def test_retry_after_is_read(text: str, wait: timedelta | None) -> None:
    assert retry_after(told(text), NOW) == wait


@pytest.mark.parametrize("garbage", ["", "soon", "-1"])
def test_unreadable_wait_is_a_failure_like_any_other(garbage: str) -> None:
    assert judge(told(garbage), FRESH, NOW) == RETRY


@settings(deadline=None)  # the machine may be busy
@given(st.one_of(st.text(max_size=40), st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ [\d:]+ [+-]?[\dA-Z]+")))
def test_no_retry_after_breaks_the_judge(text: str) -> None:
    wait = retry_after(told(text), NOW)
    assert wait is None or timedelta() <= wait <= MAX_DEFERRAL


def test_name_of_the_header_is_read_in_any_case_and_the_first_counts() -> None:
    outcome = answered(503, ("X-A", "1"), ("RETRY-AFTER", "5"), ("retry-after", "9"))
    assert retry_after(outcome, NOW) == timedelta(seconds=5)
