"""When a breaker opens, for how long, and what closes it, as tables."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dispatch.breaker import Breaker, Condition, Sign, Tally, after, sign_of
from dispatch.outcomes import ErrorKind, Outcome

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WELL, UP, FAILED, NONE = Sign.WELL, Sign.UP, Sign.FAILED, Sign.NONE
OPEN = Condition(breaker=Breaker.OPEN, cause="failures", open_until=NOW, opened_in_a_row=1, failing_since=NOW)
HALF_OPEN = replace(OPEN, breaker=Breaker.HALF_OPEN)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def tally(signs: Iterable[Sign], probe: Sign | None = None, throttled_seconds: float | None = None) -> Tally:
    made = Tally()
    for sign in signs:
        made.add(sign)
    if probe:
        made.add(probe, is_probe=True)
    if throttled_seconds is not None:
        made.add(UP, throttled_until=NOW + timedelta(seconds=throttled_seconds))
    return made


@pytest.mark.parametrize(
    ("outcome", "sign"),
    [
        *((Outcome(status=status), WELL) for status in (200, 204, 299)),
        *((Outcome(status=status), UP) for status in (301, 400, 404, 410, 422)),
        *((Outcome(status=status), FAILED) for status in (408, 429, 500, 503, 599)),
        *((Outcome(error_kind=kind), NONE) for kind in ("forbidden_address", "bad_request", "cut_off", "internal")),
        *(
            (Outcome(error_kind=ErrorKind(kind)), FAILED)
            for kind in (
                "dns",
                "connect",
                "connect_timeout",
                "tls",
                "idle_timeout",
                "total_timeout",
                "reset",
                "protocol",
            )
        ),
    ],
)
def test_what_an_outcome_says_of_the_subscriber(outcome: Outcome, sign: Sign) -> None:
    assert sign_of(outcome) is sign


@pytest.mark.parametrize(
    ("before", "signs", "is_open"),
    [
        pytest.param(Condition(), [FAILED] * 9, False, id="nine failures"),
        pytest.param(Condition(), [FAILED] * 10, True, id="ten failures in a row"),
        pytest.param(Condition(), ([FAILED] * 9 + [WELL]) * 2, True, id="most of twenty failed"),
        pytest.param(Condition(), [FAILED] * 9 + [UP] + [FAILED] * 8, False, id="an answer ends the row"),
        pytest.param(Condition(failures_in_a_row=9), [FAILED], True, id="the tenth failure"),
        pytest.param(Condition(failures_in_a_row=9), [WELL, FAILED], False, id="a success before the tenth"),
        pytest.param(Condition(failures_in_a_row=9), [NONE], False, id="a fault of ours is no tenth"),
        pytest.param(Condition(), [WELL, FAILED] * 10, True, id="half of twenty failed"),
        pytest.param(Condition(), [WELL, WELL, FAILED] * 10, False, id="a third failed"),
        pytest.param(
            Condition(window_started_at=ago(30), window_tries=18, window_failures=9),
            [FAILED, WELL],
            True,
            id="counted on",
        ),
        pytest.param(
            Condition(window_started_at=ago(60), window_tries=19, window_failures=9), [FAILED], False, id="a new window"
        ),
    ],
)
def test_it_opens_on_failures_in_a_row_or_on_their_rate(before: Condition, signs: list[Sign], is_open: bool) -> None:
    assert (after(before, tally(signs), NOW).breaker == Breaker.OPEN) is is_open


@pytest.mark.parametrize(
    ("opened_before", "seconds"), [(0, 30), (1, 60), (2, 120), (3, 240), (4, 480), (5, 600), (6, 600), (5_000, 600)]
)
def test_each_pause_is_twice_as_long_up_to_ten_minutes(opened_before: int, seconds: int) -> None:
    opened = after(replace(HALF_OPEN, opened_in_a_row=opened_before), tally([], FAILED), NOW)
    assert opened.open_until == NOW + timedelta(seconds=seconds)
    assert (opened.breaker, opened.opened_in_a_row) == (Breaker.OPEN, opened_before + 1)


@pytest.mark.parametrize("before", [OPEN, HALF_OPEN])
@pytest.mark.parametrize("signs", [[WELL] * 30, [FAILED] * 30, [UP, FAILED]])
def test_only_a_probe_moves_an_open_breaker(before: Condition, signs: list[Sign]) -> None:
    assert replace(after(before, tally(signs), NOW), failing_since=NOW) == before


@pytest.mark.parametrize(("probe", "failing_since"), [(WELL, None), (UP, NOW)])
def test_an_answered_probe_closes_it_and_forgets_all_but_since_when_nothing_was_taken(
    probe: Sign, failing_since: datetime | None
) -> None:
    assert after(HALF_OPEN, tally([], probe), NOW) == Condition(failing_since=failing_since)


def test_a_probe_that_tells_nothing_makes_way_for_the_next() -> None:
    before = replace(HALF_OPEN, open_until=NOW + timedelta(seconds=90))
    assert after(before, tally([], NONE), NOW) == OPEN


@pytest.mark.parametrize(
    ("before", "cause", "until_seconds"),
    [
        pytest.param(Condition(), "throttled", 60, id="well so far"),
        pytest.param(replace(OPEN, open_until=ago(-300)), "failures", 300, id="open for longer"),
        pytest.param(replace(OPEN, open_until=ago(-30)), "failures", 60, id="open for less"),
        pytest.param(replace(HALF_OPEN, open_until=ago(-90)), "throttled", 60, id="by the probe"),
    ],
)
def test_one_that_asks_to_wait_is_left_alone_so_long(before: Condition, cause: str, until_seconds: float) -> None:
    waits = after(before, tally([WELL], throttled_seconds=60), NOW)
    assert (waits.breaker, waits.cause) == (Breaker.OPEN, cause)
    assert waits.open_until == NOW + timedelta(seconds=until_seconds)


def test_one_that_asks_to_come_again_at_once_is_not_left_alone() -> None:
    assert after(Condition(), tally([], throttled_seconds=0), NOW).breaker == Breaker.CLOSED


@pytest.mark.parametrize(
    ("before", "signs", "since"),
    [
        (None, [FAILED], NOW),
        (None, [UP], NOW),
        (None, [NONE], None),
        (None, [WELL], None),
        (ago(99), [FAILED, UP], ago(99)),
        (ago(99), [NONE], ago(99)),
        (ago(99), [FAILED, WELL, FAILED], None),
    ],
)
def test_it_fails_since_the_first_try_that_was_not_taken(
    before: datetime | None, signs: list[Sign], since: datetime | None
) -> None:
    assert after(Condition(failing_since=before), tally(signs), NOW).failing_since == since


def test_a_row_is_clean_again_once_a_window_without_failures_is_over() -> None:
    before = Condition(
        window_started_at=ago(61), window_tries=30, window_failures=3, failures_in_a_row=2, failing_since=NOW
    )
    assert after(before, tally([WELL]), NOW) == Condition()
