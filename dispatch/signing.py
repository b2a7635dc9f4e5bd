"""Standard Webhooks signatures (https://www.standardwebhooks.com), by the reference library."""

from datetime import datetime

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError


class SecretError(ValueError):
    """A secret that can sign nothing, such as one that plain SQL has written."""


def signature_headers(secret: str, webhook_id: str, body: bytes, now: datetime) -> list[tuple[str, str]]:
    """`webhook-timestamp` and `webhook-signature` over the exact bytes sent. Raises SecretError."""
    try:
        signature = Webhook(secret).sign(webhook_id, now, body.decode())
    except (ValueError, EmptyWebhookSecretError) as error:
        raise SecretError("The subscriber's secret is not base64, so the request cannot be signed.") from error
    return [("webhook-timestamp", str(int(now.timestamp()))), ("webhook-signature", signature)]
