"""Times as people write them."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from dispatch.identifiers import first_id_at, new_id
from dispatch.moments import duration, moment

NOW = datetime(2026, 5, 17, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2h", NOW - timedelta(hours=2)),
        (" 30m ", NOW - timedelta(minutes=30)),
        ("7d", NOW - timedelta(days=7)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T08:00", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("2026-01-31T08:00Z", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("2026-01-31 08:00:30+02:00", datetime(2026, 1, 31, 6, 0, 30, tzinfo=UTC)),
    ],
)
def test_moment_is_so_long_ago_or_as_written(text: str, found: datetime) -> None:
    assert moment(text, NOW) == found


@pytest.mark.parametrize("text", ["", "2", "h", "0h", "-2h", "yesterday", "2026-02-30", "99999999999999w", "9999999d"])
def test_what_is_no_time_is_told_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="is no time: write 2h"):
        moment(text, NOW)


@pytest.mark.parametrize("text", ["?", "h", "1.5h", "0d", "1y", "9999999999999999w"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        duration(text)


def test_ids_sort_by_the_time_they_were_made_at() -> None:
    before, now = new_id(), datetime.now(UTC)
    assert first_id_at(now - timedelta(seconds=1)) < before < first_id_at(now + timedelta(seconds=1))
    assert before.version == 7
