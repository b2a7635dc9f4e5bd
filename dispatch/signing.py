"""Standard Webhooks signatures (https://www.standardwebhooks.com), by the reference library."""

from datetime import datetime

from standardwebhooks import Webhook


def signature_headers(secret: str, webhook_id: str, body: bytes, now: datetime) -> list[tuple[str, str]]:
    """`webhook-timestamp` and `webhook-signature` over the exact bytes sent."""
    signature = Webhook(secret).sign(webhook_id, now, body.decode())
    return [("webhook-timestamp", str(int(now.timestamp()))), ("webhook-signature", signature)]
