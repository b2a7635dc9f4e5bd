"""The search for secrets in logs finds them: else their absence would say nothing."""

import base64
import json
from urllib.parse import quote

import pytest

from tests.flows.whispering import Secrets


@pytest.mark.parametrize("make", ["new", "plain"])
def test_secret_is_found_in_every_form(make: str) -> None:
    kept = Secrets()
    secret = getattr(kept, make)("a door")
    encoded = [base64.b64encode(b"x" * length + secret.encode() + b"yy").decode() for length in range(4)]
    for form in (secret, quote(secret), json.dumps(secret), repr(secret), secret.upper(), *encoded, secret[:20]):
        assert kept.found_in(f"2026 ERROR: {form} was refused"), form
    assert kept.found_in("2026 ERROR: nothing of it") == []
    assert kept.found_in(Secrets().new("another door")) == []
