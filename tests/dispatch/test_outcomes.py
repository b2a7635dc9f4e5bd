import pytest

from dispatch.models import Attempt
from dispatch.outcomes import PERMANENT_ERRORS, ErrorKind, Outcome


def test_only_what_no_retry_can_mend_is_permanent() -> None:
    assert {ErrorKind.FORBIDDEN_ADDRESS, ErrorKind.BAD_REQUEST} == PERMANENT_ERRORS


def test_outcomes_share_nothing_and_cannot_be_changed() -> None:
    first, second = Outcome(), Outcome()
    assert first == second
    with pytest.raises(AttributeError):
        first.status = 200  # type: ignore[misc]


@pytest.mark.parametrize("kind", ErrorKind)
def test_every_kind_fits_where_attempts_keep_it(kind: ErrorKind) -> None:
    length = Attempt._meta.get_field("error_kind").max_length
    assert length is None or len(kind) <= length
