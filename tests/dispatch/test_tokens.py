"""Which tokens hold, whose they are, and where they may publish."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings as configured
from pytest_django import Settings
from rest_framework_simplejwt.exceptions import TokenError

from dispatch.tokens import MAX_AUTHOR_LENGTH, PublisherToken, fault_of

SECRET = configured.SWITCH_JWT_SECRET
OTHER_SECRET = "another secret, as long as one that signs has to be"


def signed(claims: dict[str, Any], secret: str = SECRET) -> str:
    return jwt.encode(claims, secret, algorithm="HS256")


def by_hand(header: dict[str, Any], claims: Any, hash_name: str = "sha256") -> str:
    """A token whose header may promise what no library would sign."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    text = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}"
    return f"{text}.{part(hmac.digest(SECRET.encode(), text.encode(), getattr(hashlib, hash_name)))}"


def seconds_from_now(seconds: int) -> int:
    return int(time.time()) + seconds


@pytest.mark.parametrize(
    ("claims", "author"),
    [
        pytest.param({"Author": "shop"}, "shop", id="python-client"),
        pytest.param({"Author": "shop", "iat": 1_600_000_000}, "shop", id="javascript-client"),
        pytest.param({"author": "shop"}, "shop", id="lower-case"),
        pytest.param({"author": "shop", "Author": "other"}, "shop", id="lower-case-wins"),
        pytest.param({"author": ""}, "", id="empty"),
        pytest.param({}, "", id="none"),
        pytest.param({"sub": "someone"}, "", id="other-claims"),
        pytest.param({"Author": "a" * MAX_AUTHOR_LENGTH}, "a" * MAX_AUTHOR_LENGTH, id="longest"),
    ],
)
def test_author_is_read_from_the_claim_in_either_case(claims: dict[str, Any], author: str) -> None:
    assert PublisherToken.read(signed(claims)).author == author


@pytest.mark.parametrize("author", [None, 7, ["shop"], {"name": "shop"}, "a" * 256, "a\0b", "a\ud800"], ids=ascii)
def test_author_that_is_no_text_of_the_right_length_is_refused(author: Any) -> None:
    with pytest.raises(TokenError, match="must be a string of at most 255 characters"):
        PublisherToken.read(signed({"Author": author}))


#: Leeway is 30 s; the margins leave room for a slow test run.
@pytest.mark.parametrize(
    ("claim", "seconds", "holds"),
    [
        ("exp", 60, True),
        ("exp", -10, True),
        ("exp", -31, False),
        ("nbf", -60, True),
        ("nbf", 25, True),
        ("nbf", 60, False),
        ("iat", -60, True),
        ("iat", 25, True),
        ("iat", 60, False),
    ],
)
def test_times_count_with_thirty_seconds_of_leeway(claim: str, seconds: int, holds: bool) -> None:
    encoded = signed({"author": "shop", claim: seconds_from_now(seconds)})
    if holds:
        assert PublisherToken.read(encoded).author == "shop"
    else:
        with pytest.raises(TokenError):
            PublisherToken.read(encoded)


def test_time_may_be_written_as_text() -> None:
    assert PublisherToken.read(signed({"author": "shop", "exp": str(seconds_from_now(60))})).author == "shop"


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
def test_time_that_is_no_number_is_refused(claim: str) -> None:
    with pytest.raises(TokenError):
        PublisherToken.read(signed({"author": "shop", claim: "tomorrow"}))


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param(signed({"author": "shop"}, OTHER_SECRET), id="other-secret"),
        pytest.param(jwt.encode({"author": "shop"}, "", algorithm="none"), id="none"),
        pytest.param(jwt.encode({"author": "shop"}, SECRET, algorithm="HS384"), id="hs384"),
        pytest.param(jwt.encode({"author": "shop"}, SECRET * 2, algorithm="HS512"), id="hs512"),
        pytest.param(by_hand({"alg": "RS256", "typ": "JWT"}, {"author": "shop"}), id="rs256-signed-as-hs256"),
        pytest.param(by_hand({"alg": "none"}, {"author": "shop"}), id="none-with-signature"),
        pytest.param(by_hand({"alg": "HS256"}, {"author": "shop"}, "sha384"), id="wrong-hash"),
        pytest.param(by_hand({}, {"author": "shop"}), id="no-algorithm"),
        pytest.param(by_hand({"alg": ["HS256"]}, {"author": "shop"}), id="list-of-algorithms"),
        pytest.param(by_hand({"alg": "HS256"}, ["shop"]), id="claims-are-a-list"),
        pytest.param(by_hand({"alg": "HS256", "crit": ["x"]}, {"author": "shop"}), id="unknown-critical-header"),
        pytest.param(signed({"author": "shop"})[:-4], id="cut-off"),
        pytest.param(signed({"author": "shop"}).rsplit(".", 1)[0] + ".", id="without-signature"),
        pytest.param("a.b.c", id="no-base64"),
        pytest.param("shop", id="no-jwt"),
        pytest.param(base64.urlsafe_b64encode(b"[" * 20_000).decode().rstrip("=") + ".e30.AAAA", id="deep-header"),
    ],
)
def test_token_not_signed_by_hs256_and_the_secret_is_refused(encoded: str) -> None:
    with pytest.raises(TokenError):
        PublisherToken.read(encoded)


PAST, FUTURE = 1_600_000_000, seconds_from_now(3600)


@pytest.mark.parametrize(
    ("encoded", "fault"),
    [
        pytest.param(signed({"exp": PAST}), "has expired", id="expired"),
        pytest.param(signed({"nbf": FUTURE}), "not valid yet", id="nbf"),
        pytest.param(signed({"iat": FUTURE}), "not valid yet", id="iat"),
        pytest.param(signed({}, OTHER_SECRET), "signed with another secret", id="other-secret"),
        pytest.param(signed({"exp": PAST}, OTHER_SECRET), "signed with another secret", id="other-secret-and-expired"),
        pytest.param(signed({}).rsplit(".", 1)[0] + ".", "signed with another secret", id="without-signature"),
        pytest.param(jwt.encode({}, SECRET * 2, algorithm="HS512"), "not signed with HS256", id="hs512"),
        pytest.param(jwt.encode({}, "", algorithm="none"), "not signed with HS256", id="none"),
        pytest.param(by_hand({"alg": "HS256", "crit": []}, {}), "header or its claims", id="crit"),
        pytest.param(by_hand({"alg": "HS256"}, [1]), "it is no JWT", id="claims-are-a-list"),
        pytest.param("shop", "it is no JWT", id="no-jwt"),
        pytest.param(by_hand({"alg": "HS256"}, {"exp": float("inf")}), "no number of seconds", id="endless-exp"),
        pytest.param(signed({"exp": "tomorrow"}), "no number of seconds", id="exp-is-text"),
        pytest.param(signed({"exp": 10**400}), "before the year 10000", id="exp-beyond-a-float"),
        pytest.param(signed({"exp": 1e300}), "before the year 10000", id="exp-beyond-all-time"),
        pytest.param(signed({"nbf": -(10**400)}), "before the year 10000", id="nbf-before-all-time"),
        pytest.param(by_hand({"alg": "HS256"}, {"iat": "today"}), "iat must be a number", id="iat-is-text"),
        pytest.param(by_hand({"alg": "HS256"}, {"sub": 7}), "sub and jti must be strings", id="sub"),
        pytest.param(signed({"author": 7}), "author must be a string", id="author"),
    ],
)
@pytest.mark.parametrize("previous", ["", "a previous secret, long enough to sign with"], ids=["one", "two-secrets"])
def test_refusal_says_which_fault_it_is_and_nothing_of_the_token(
    settings: Settings, encoded: str, fault: str, previous: str
) -> None:
    settings.SWITCH_JWT_PREVIOUS_SECRET = previous
    with pytest.raises(TokenError) as caught:
        PublisherToken.read(encoded)
    sentence = fault_of(caught.value)
    assert fault in sentence
    assert not any(part and part in sentence for part in (*encoded.split("."), SECRET, OTHER_SECRET, previous))


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"kid": "../../dev/null"}, id="kid"),
        pytest.param({"kid": "x' UNION SELECT 'secret"}, id="kid-sql"),
        pytest.param({"jku": "http://127.0.0.1:1/keys"}, id="jku"),
        pytest.param({"x5u": "http://127.0.0.1:1/chain"}, id="x5u"),
        pytest.param({"jwk": {"kty": "oct", "k": base64.urlsafe_b64encode(OTHER_SECRET.encode()).decode()}}, id="jwk"),
    ],
)
def test_key_that_a_token_brings_or_names_never_counts(header: dict[str, Any]) -> None:
    """Signed with our secret it holds, with the key that it brings it does not: the header chooses nothing."""
    ours = jwt.encode({"author": "shop"}, SECRET, algorithm="HS256", headers=header)
    theirs = jwt.encode({"author": "shop"}, OTHER_SECRET, algorithm="HS256", headers=header)
    assert PublisherToken.read(ours).author == "shop"
    with pytest.raises(TokenError) as caught:
        PublisherToken.read(theirs)
    assert "another secret" in fault_of(caught.value)


@pytest.mark.parametrize(
    ("header", "claims", "twice"),
    [
        ('{"alg":"HS256"}', '{"author":"a","author":"b"}', "'author'"),
        ('{"alg":"HS256"}', '{"exp":1,"exp":9999999999}', "'exp'"),
        ('{"alg":"none","alg":"HS256"}', "{}", "'alg'"),
    ],
)
def test_token_that_names_a_key_twice_is_refused(header: str, claims: str, twice: str) -> None:
    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    text = f"{part(header.encode())}.{part(claims.encode())}"
    with pytest.raises(TokenError) as caught:
        PublisherToken.read(f"{text}.{part(hmac.digest(SECRET.encode(), text.encode(), hashlib.sha256))}")
    assert f"the key {twice} twice" in fault_of(caught.value)


def test_previous_secret_counts_while_it_is_set(settings: Settings) -> None:
    encoded = signed({"author": "shop"}, OTHER_SECRET)
    settings.SWITCH_JWT_PREVIOUS_SECRET = OTHER_SECRET
    assert PublisherToken.read(encoded).author == "shop"
    assert PublisherToken.read(signed({"author": "shop"})).author == "shop"
    settings.SWITCH_JWT_PREVIOUS_SECRET = ""
    with pytest.raises(TokenError):
        PublisherToken.read(encoded)


@pytest.mark.parametrize("secret", [SECRET, OTHER_SECRET], ids=["secret", "previous-secret"])
def test_expiry_is_demanded_of_both_secrets_when_the_hub_says_so(settings: Settings, secret: str) -> None:
    settings.SWITCH_JWT_PREVIOUS_SECRET = OTHER_SECRET
    settings.SWITCH_JWT_REQUIRE_EXPIRY = True
    assert PublisherToken.read(signed({"author": "shop", "exp": seconds_from_now(60)}, secret))
    with pytest.raises(TokenError):
        PublisherToken.read(signed({"author": "shop"}, secret))


def test_refusal_of_a_token_without_expiry_says_what_is_missing(settings: Settings) -> None:
    settings.SWITCH_JWT_REQUIRE_EXPIRY = True
    with pytest.raises(TokenError, match="no expiry"):
        PublisherToken.read(signed({"author": "shop"}))


@pytest.mark.parametrize(
    ("claims", "topic", "allowed"),
    [
        ({}, "order.created", True),
        ({"topics": None}, "order.created", True),
        ({"topics": []}, "order.created", False),
        ({"topics": ["order.created"]}, "order.created", True),
        ({"topics": ["order.created"]}, "order.created.eu", False),
        ({"topics": ["order.created"]}, "order", False),
        ({"topics": ["order.created"]}, "Order.Created", False),
        ({"topics": ["order.*"]}, "order.created", True),
        ({"topics": ["order.*"]}, "order.", True),
        ({"topics": ["order.*"]}, "order", False),
        ({"topics": ["order.*"]}, "reorder.created", False),
        ({"topics": ["*"]}, "anything", True),
        ({"topics": ["*.created"]}, "order.created", False),
        ({"topics": ["a", "order.*"]}, "order.created", True),
    ],
)
def test_topics_of_a_token_limit_where_it_may_publish(claims: dict[str, Any], topic: str, allowed: bool) -> None:
    assert PublisherToken.read(signed(claims)).allows(topic) is allowed


@pytest.mark.parametrize("topics", ["order.*", {"order": 1}, [1], ["a", None], 7], ids=str)
def test_topics_that_are_no_list_of_names_make_the_token_void(topics: Any) -> None:
    with pytest.raises(TokenError, match="topics must be a list of strings"):
        PublisherToken.read(signed({"author": "shop", "topics": topics}))


def test_issued_token_carries_what_it_was_issued_for_and_no_more() -> None:
    plain = jwt.decode(str(PublisherToken.issue("shop")), SECRET, algorithms=["HS256"])
    assert set(plain) == {"author", "iat"}
    token = PublisherToken.issue("shop", ["order.*"], timedelta(hours=1))
    claims = jwt.decode(str(token), SECRET, algorithms=["HS256"])
    assert set(claims) == {"author", "iat", "topics", "exp"}
    assert (claims["author"], claims["topics"]) == ("shop", ["order.*"])
    assert 3590 <= claims["exp"] - claims["iat"] <= 3610
    assert PublisherToken.read(str(token)).author == "shop"


def test_a_token_issued_for_no_topic_allows_none() -> None:
    assert not PublisherToken.read(str(PublisherToken.issue("shop", []))).allows("order.created")
