"""`manage.py api_key` prints a key that opens the management API."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from dispatch.api import keys
from dispatch.models import ApiKey
from dispatch.scopes import SCOPES

pytestmark = pytest.mark.django_db


def made(*arguments: str) -> ApiKey:
    output = StringIO()
    call_command("api_key", *arguments, stdout=output)
    found = keys.find(output.getvalue().strip())
    assert found
    return found


def test_the_key_may_what_it_was_made_for() -> None:
    key = made("deployer", "--scope", "events:read", "--scope", "deliveries:read")
    assert (key.name, key.scopes, key.expires_at) == ("deployer", ["events:read", "deliveries:read"], None)
    assert key.created_by


def test_the_key_may_everything_if_told_so() -> None:
    assert made("deployer", "--scope", "all").scopes == list(SCOPES)


def test_the_key_expires_after_its_time() -> None:
    expires_at = made("deployer", "--scope", "all", "--expires", "90d").expires_at
    assert expires_at is not None
    assert abs(expires_at - timezone.now() - timedelta(days=90)) < timedelta(minutes=5)


@pytest.mark.parametrize("arguments", [["x"], ["x", "--scope", "everything"], ["", "--scope", "all"]])
def test_a_key_without_name_or_known_scope_is_refused(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("api_key", *arguments)
    assert not ApiKey.objects.exists()


def test_a_name_is_taken_once() -> None:
    made("deployer", "--scope", "all")
    with pytest.raises(CommandError, match="already exists"):
        call_command("api_key", "deployer", "--scope", "all")
