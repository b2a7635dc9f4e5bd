"""What an attempt has sent, put together again from the ledger."""

import json

import pytest
from django.utils import timezone

from dispatch.building import build
from dispatch.ledger.loading import load_subscribers
from dispatch.masking import mask_headers
from dispatch.sent import content_of, sent
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("body_format", ["plain", "cloudevents_structured", "cloudevents_binary"])
def test_the_body_is_the_one_that_was_sent_whatever_the_format(body_format: str) -> None:
    delivery = make_delivery(make_subscriber(body_format=body_format), make_event(topic="paid"))
    content = content_of(delivery.event)
    subscriber = load_subscribers([delivery.subscriber_id])[delivery.subscriber_id]
    built = build(content, subscriber, delivery.pk, delivery.pk, 1, timezone.now())
    attempt = make_attempt(delivery, method=built.method, url=built.url, request_headers=mask_headers(built.headers))
    delivery.subscriber.body_format = "plain"
    delivery.subscriber.save()
    assert sent(attempt, content).body.encode() == built.body
    assert json.loads(sent(attempt, content).body)


def test_secrets_of_the_payload_are_masked_in_body_and_curl() -> None:
    event = make_event(payload='{"body": {"password": "hunter2", "note": "say hunter2"}}')
    again = sent(make_attempt(make_delivery(event=event)), content_of(event))
    assert "hunter2" not in again.body + again.curl
    assert "Authorization: ***" in again.curl
