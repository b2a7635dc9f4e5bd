"""One set of validators says what is wrong, in words for admin, API and import alike."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from subscribers.models import Subscriber
from subscribers.validators import validate_filter_expression, validate_target_url, validate_topic

REFUSED = [
    (validate_topic, "", "topic_empty", "A topic needs a name."),
    (validate_topic, " \t", "topic_empty", "A topic needs a name."),
    *(
        (
            validate_topic,
            topic,
            "topic_pattern",
            "A * stands for anything, and only at the end: order.* for all topics that begin with order.",
        )
        for topic in ("order.*.late", "*.created", "order.**")
    ),
    *[
        (
            validate_topic,
            f"order{character}created",
            "topic_control",
            f"A topic cannot hold line breaks or other control characters; this one holds U+{ord(character):04X}.",
        )
        for character in "\x00\n\r\t\x7f\x85\u2028"
    ],
    (
        validate_filter_expression,
        "total > 5",
        "filter_refused",
        "The name total is not known; a filter knows only data.\n"
        "total > 5\n"
        "^^^^^\n"
        'Did you mean data["total"], or the text "total"?',
    ),
    (
        validate_target_url,
        "billing/",
        "target_url_refused",
        "It must begin with http:// or https://.",
    ),
]


@pytest.mark.parametrize(
    ("validate", "value", "code", "message"), REFUSED, ids=[f"{row[2]} {row[1]!a}" for row in REFUSED]
)
def test_refusal_has_a_code_and_a_sentence(
    validate: Callable[[str], None], value: str, code: str, message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        validate(value)
    assert caught.value.code == code
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("validate", "value"),
    [
        (validate_topic, "order.created"),
        (validate_topic, "order.*"),
        (validate_topic, "*"),
        (validate_topic, "an order, created: 日本"),
        (validate_filter_expression, ""),
        (validate_filter_expression, 'data["body"]["total"] > 100'),
        (validate_target_url, "http://billing:8000/orders/:id"),
    ],
)
def test_what_is_right_is_let_through(validate: Callable[[str], None], value: str) -> None:
    validate(value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("topic", " "),
        ("topic", "t" * 256),
        ("filter_expression", "data.clear()"),
        ("target_url", "ftp://billing/"),
        ("target_url", "http://billing/" + "x" * 2_048),
        ("state", "asleep"),
        ("retry_limit", 101),
        ("retry_limit", -1),
        ("total_timeout_seconds", 0),
        ("max_in_flight", 0),
        ("name", "n" * 101),
    ],
)
def test_model_refuses_at_the_field(field: str, value: object) -> None:
    subscriber = Subscriber(topic="order", target_url="http://billing/")
    subscriber.clean_fields()
    setattr(subscriber, field, value)
    with pytest.raises(ValidationError) as caught:
        subscriber.clean_fields()
    assert list(caught.value.message_dict) == [field]
