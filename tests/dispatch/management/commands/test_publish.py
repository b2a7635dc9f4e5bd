"""`manage.py publish` does what POST /publish does."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from dispatch.models import Event
from tests.dispatch.client import subscribe

pytestmark = pytest.mark.django_db


def publish(*arguments: str) -> str:
    output = StringIO()
    call_command("publish", *arguments, stdout=output, no_color=True)
    return output.getvalue()


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (0, "0 subscribers will hear of it."),
        (1, "1 subscriber will hear of it."),
        (2, "2 subscribers will hear of it."),
    ],
)
def test_event_is_stored_and_its_reach_told(count: int, sentence: str) -> None:
    for _ in range(count):
        subscribe()
    told = publish("orders", '{"body": {"total": 1.50}}', "--author", "shop")
    event = Event.objects.get()
    assert str(event.pk) in told
    assert sentence in told
    assert (event.topic, event.author, event.payload) == ("orders", "shop", '{"body":{"total":1.50}}')


def test_same_key_again_says_that_it_is_a_duplicate() -> None:
    publish("orders", "{}", "--key", "k")
    assert "a duplicate: published before" in publish("orders", "{}", "--key", "k")
    with pytest.raises(CommandError, match="was used before for another topic or payload"):
        publish("orders", '{"body": 1}', "--key", "k")


@pytest.mark.parametrize(
    ("topic", "data", "sentence"),
    [
        ("orders", "{", r"It is not JSON"),
        ("orders", "[]", r"must be an object, not a list. \(data\)"),
        ("orders", '{"body": 1, "body": 2}', r"the key 'body' twice"),
        ("orders", '{"body": 1e999}', r"beyond 1.8e308"),
        ("", "{}", r"The topic is empty. \(topic\)"),
    ],
)
def test_bad_event_is_refused_with_its_place(topic: str, data: str, sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        publish(topic, data)
    assert not Event.objects.exists()


def test_an_author_that_no_token_can_have_is_refused() -> None:
    with pytest.raises(CommandError, match="at most 255 characters"):
        publish("orders", "{}", "--author", "a" * 256)
    assert not Event.objects.exists()
