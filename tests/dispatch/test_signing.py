"""Signatures as the reference library of Standard Webhooks verifies them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from dispatch.building import BuiltRequest, EventContent, RequestError, build
from dispatch.ledger.loading import LoadedEvent, LoadedSubscriber

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVENT_ID, WEBHOOK_ID, DELIVERY_ID = (UUID(int=number) for number in (1, 2, 3))


def signed(payload: str, secret: str = SECRET, now: datetime | None = None) -> BuiltRequest:
    subscriber = LoadedSubscriber(
        1, "http://billing/", False, False, 25, None, None, None, None, tuple(filter(None, [secret]))
    )
    content = EventContent(LoadedEvent(EVENT_ID, "orders", "shop", payload))
    return build(content, subscriber, WEBHOOK_ID, DELIVERY_ID, 1, now or datetime.now(UTC))


def verify(request: BuiltRequest, **changes: Any) -> None:
    body = changes.get("body", (request.body or b"").decode())
    Webhook(changes.get("secret", SECRET)).verify(body, dict(request.headers), json_parse=False)


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param('{"body": {"a": "\\u00fc", "b": 1.10}}', id="body"),
        pytest.param("{}", id="empty object"),
        pytest.param('{"http_method": "GET"}', id="no body"),
        pytest.param('{"http_method": "HEAD", "body": 1}', id="HEAD"),
        pytest.param('{"body": "\\ud800"}', id="half a character"),
        pytest.param('{"headers": {"webhook-signature": "v1,forged", "webhook-timestamp": "1"}}', id="forged headers"),
    ],
)
def test_signature_is_verified_by_the_reference_library(payload: str) -> None:
    verify(signed(payload))


def test_other_body_or_secret_is_not_verified() -> None:
    request = signed('{"body": 1}')
    for changes in ({"body": "2"}, {"secret": "whsec_" + "A" * 32}):
        with pytest.raises(WebhookVerificationError):
            verify(request, **changes)


def test_time_of_the_attempt_is_signed() -> None:
    now = datetime.now(UTC)
    assert dict(signed("{}", now=now).headers)["webhook-timestamp"] == str(int(now.timestamp()))
    with pytest.raises(WebhookVerificationError, match="too old"):
        verify(signed("{}", now=now - timedelta(hours=1)))


def test_id_is_that_of_the_webhook_and_signed_with_it() -> None:
    request = signed("{}")
    assert dict(request.headers)["webhook-id"] == str(WEBHOOK_ID)
    forged = [(name, "other" if name == "webhook-id" else value) for name, value in request.headers]
    with pytest.raises(WebhookVerificationError):
        verify(BuiltRequest(request.method, request.url, forged, request.body))


def test_nothing_is_signed_without_a_secret() -> None:
    names = {name for name, _ in signed("{}", secret="").headers}
    assert "webhook-signature" not in names
    assert "webhook-timestamp" not in names


@pytest.mark.parametrize("secret", ["whsec_", "not base64!", "whsec_a", "ü"])
def test_secret_that_can_sign_nothing_makes_no_request(secret: str) -> None:
    with pytest.raises(RequestError, match="secret"):
        signed("{}", secret=secret)
