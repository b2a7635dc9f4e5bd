"""What an outcome means, and whether a resend may make the receiver act twice."""

import pytest

from dispatch.meanings import Resend, meaning
from dispatch.outcomes import ErrorKind


@pytest.mark.parametrize("kind", ErrorKind)
def test_every_kind_of_error_has_a_sentence_and_advice(kind: ErrorKind) -> None:
    told = meaning(None, kind.value)
    assert told.what.endswith(".")
    assert told.advice.startswith(("To send it again", "The receiver may have acted"))
    assert str(told) == f"{told.what} {told.advice}"


@pytest.mark.parametrize(
    ("status", "kind", "resend"),
    [
        (None, "dns", Resend.SAFE),
        (None, "connect_timeout", Resend.SAFE),
        (None, "idle_timeout", Resend.UNSURE),
        (None, "reset", Resend.UNSURE),
        (200, "", Resend.DONE),
        (301, "", Resend.REFUSED),
        (404, "", Resend.REFUSED),
        (418, "", Resend.REFUSED),
        (429, "", Resend.REFUSED),
        (500, "", Resend.UNSURE),
        (503, "", Resend.REFUSED),
        (504, "", Resend.UNSURE),
    ],
)
def test_a_resend_is_judged_by_what_the_receiver_may_have_seen(status: int | None, kind: str, resend: Resend) -> None:
    assert meaning(status, kind).resend is resend
