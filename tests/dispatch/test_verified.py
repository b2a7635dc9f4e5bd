"""A token that was verified is believed as long as it holds, and not a second longer."""

import time
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from django.conf import settings as configured
from pytest_django import Settings
from rest_framework_simplejwt.exceptions import TokenError

from dispatch import verified
from dispatch.tokens import PublisherToken

SECRET = configured.SWITCH_JWT_SECRET
OTHER_SECRET = "another secret, as long as one that signs has to be"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens that were verified for want of memory."""
    monkeypatch.setattr(verified, "_known", {})
    seen: list[str] = []
    read = PublisherToken.read

    def counted(encoded: str) -> PublisherToken:
        seen.append(encoded)
        return read(encoded)

    monkeypatch.setattr(PublisherToken, "read", counted)
    return seen


def signed(secret: str = SECRET, **claims: Any) -> str:
    return jwt.encode({"author": "shop"} | claims, secret, algorithm="HS256")


def clock_at(moment: float) -> Any:
    return SimpleNamespace(time=lambda: moment)


def test_token_is_verified_once(reads: list[str]) -> None:
    encoded = signed(topics=["orders"])
    for _ in range(3):
        token = verified.token(encoded)
        assert (token.author, token.allows("orders"), token.allows("invoices")) == ("shop", True, False)
    assert reads == [encoded]


def test_bad_token_is_refused_each_time_and_not_remembered(reads: list[str]) -> None:
    for _ in range(2):
        with pytest.raises(TokenError):
            verified.token(signed(OTHER_SECRET))
    assert len(reads) == 2
    assert not verified._known


@pytest.mark.parametrize("seconds", [29.0, 30.0, 31.0])
def test_remembered_token_ends_at_its_expiry(reads: list[str], monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    expires_at = int(time.time()) + 5
    encoded = signed(exp=expires_at)
    verified.token(encoded)
    monkeypatch.setattr(verified, "time", clock_at(expires_at + seconds))
    verified.token(encoded)
    assert len(reads) == (1 if seconds < 30 else 2)


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_remembered_token_does_not_hold_before_its_time_if_the_clock_is_set_back(
    reads: list[str], monkeypatch: pytest.MonkeyPatch, claim: str
) -> None:
    begins_at = int(time.time())
    encoded = signed(**{claim: begins_at})
    verified.token(encoded)
    monkeypatch.setattr(verified, "time", clock_at(begins_at - 31.0))
    verified.token(encoded)
    assert len(reads) == 2


def test_expired_token_is_refused_though_it_is_remembered(reads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = signed(exp=int(time.time()) - 28)
    verified.token(encoded)
    time.sleep(2.1)
    with pytest.raises(TokenError):
        verified.token(encoded)


def test_another_secret_makes_what_was_remembered_void(reads: list[str], settings: Settings) -> None:
    encoded = signed()
    verified.token(encoded)
    settings.SWITCH_JWT_SECRET = OTHER_SECRET
    with pytest.raises(TokenError):
        verified.token(encoded)
    settings.SWITCH_JWT_PREVIOUS_SECRET = SECRET
    assert verified.token(encoded).author == "shop"
    settings.SWITCH_JWT_PREVIOUS_SECRET = ""
    with pytest.raises(TokenError):
        verified.token(encoded)


def test_demand_for_expiry_holds_for_remembered_tokens(reads: list[str], settings: Settings) -> None:
    encoded = signed()
    verified.token(encoded)
    settings.SWITCH_JWT_REQUIRE_EXPIRY = True
    with pytest.raises(TokenError, match="no expiry"):
        verified.token(encoded)


def test_memory_is_bounded_and_holds_no_token(reads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verified, "CAPACITY", 3)
    tokens = [signed(number=number) for number in range(5)]
    for encoded in tokens:
        verified.token(encoded)
    assert len(verified._known) == 3
    verified.token(tokens[4])
    assert len(reads) == 5
    assert not any(encoded in repr(verified._known.keys()) for encoded in tokens)
