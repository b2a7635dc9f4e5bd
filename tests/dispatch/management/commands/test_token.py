"""`manage.py token` prints a token that the hub takes."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from dispatch.tokens import PublisherToken
from subscribers.topics import pattern_problem


def token(*arguments: str) -> PublisherToken:
    output = StringIO()
    call_command("token", *arguments, stdout=output)
    return PublisherToken.read(output.getvalue().strip())


def test_token_is_the_authors_and_holds_for_ever() -> None:
    found = token("shop")
    assert found.author == "shop"
    assert "exp" not in found.payload
    assert found.allows("anything")


def test_token_is_limited_to_its_topics() -> None:
    found = token("shop", "--topic", "orders.*", "--topic", "invoices")
    assert [found.allows(topic) for topic in ("orders.eu", "invoices", "users")] == [True, True, False]


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("a*b", pattern_problem("a*b")),
        ("*.created", pattern_problem("*.created")),
        ("", "A topic needs a name."),
        ("a\nb", "control characters"),
    ],
)
def test_topic_that_no_subscriber_could_have_is_refused_in_the_same_words(topic: str, reason: str) -> None:
    assert reason
    with pytest.raises(CommandError, match=re.escape(reason)):
        token("shop", f"--topic={topic}")


@pytest.mark.parametrize(("text", "seconds"), [("45s", 45), ("30m", 1800), ("12h", 43_200), ("90d", 7_776_000)])
def test_token_expires_after_its_time(text: str, seconds: int) -> None:
    payload = token("shop", "--expires", text).payload
    assert abs(payload["exp"] - payload["iat"] - seconds) <= 5


@pytest.mark.parametrize("text", ["soon", "0d", "-1d", "1.5h", "12", "d"])
def test_time_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="invalid duration value"):
        token("shop", f"--expires={text}")


def test_author_longer_than_the_hub_takes_is_refused() -> None:
    with pytest.raises(CommandError, match="longer than 255 characters"):
        token("a" * 256)
