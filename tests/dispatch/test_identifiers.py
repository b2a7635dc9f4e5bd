"""An id read from the database is the UUID that Python would have read."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.identifiers import id_of, new_id


@given(st.uuids())
def test_an_id_is_what_python_reads(given: UUID) -> None:
    found = id_of(given.hex)
    assert (found, hash(found), str(found), found.is_safe) == (given, hash(given), str(given), given.is_safe)


@given(st.text("0123456789abcdefABCDEF -{}+_x", min_size=30, max_size=38))
def test_texts_are_refused_as_python_refuses_them(text: str) -> None:
    try:
        expected = UUID(hex=text)
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
            id_of(text)
    else:
        assert id_of(text) == expected


def test_a_value_that_is_no_text_is_refused() -> None:
    with pytest.raises((TypeError, AttributeError)):
        id_of(5)  # type: ignore[arg-type]
    assert id_of(str(known := new_id())) == known
