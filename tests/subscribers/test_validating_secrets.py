"""What a secret may be: whatever is typed is refused in words, and nothing breaks."""

import pytest
from django.core.exceptions import ValidationError

from subscribers.secrets import new_private_key, new_shared_secret
from subscribers.validators import validate_secret


@pytest.mark.parametrize(
    "secret",
    [new_shared_secret(), new_private_key(), new_shared_secret().removeprefix("whsec_")],
    ids=["shared", "private", "bare"],
)
def test_what_switch_makes_is_taken(secret: str) -> None:
    validate_secret(secret)


@pytest.mark.parametrize(
    "secret", ["x", "no base64!", "schlüssel", "whsec_Ünicode", "whsk_é", "whsk_" + "c" * 40, "a\x00"]
)
def test_what_is_no_key_is_refused(secret: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_secret(secret)
    assert refused.value.code == "secret_malformed"
