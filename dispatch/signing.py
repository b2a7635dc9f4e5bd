"""Standard Webhooks signatures (https://www.standardwebhooks.com): `v1` by the reference library, `v1a` by Ed25519.

The kind of a secret is told by its prefix: `whsk_` is a private key of Ed25519, anything else a shared key of HMAC.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

PRIVATE_KEY = "whsk_"
PUBLIC_KEY = "whpk_"


class SecretError(ValueError):
    """A secret that can sign nothing, such as one that plain SQL has written."""


def signature_headers(secrets: Sequence[str], webhook_id: str, body: bytes, now: datetime) -> list[tuple[str, str]]:
    """`webhook-timestamp` and `webhook-signature` over the exact bytes sent, a signature for each secret.

    Raises SecretError.
    """
    signatures = [_signature(secret, webhook_id, body, now) for secret in secrets]
    return [("webhook-timestamp", str(int(now.timestamp()))), ("webhook-signature", " ".join(signatures))]


def public_key(secret: str) -> str:
    """What receivers verify with: the public key of a private one, as `whpk_…`; empty for a shared key.

    Raises SecretError.
    """
    if not secret.startswith(PRIVATE_KEY):
        return ""
    return PUBLIC_KEY + base64.b64encode(_private_key(secret).public_key().public_bytes_raw()).decode()


def _signature(secret: str, webhook_id: str, body: bytes, now: datetime) -> str:
    if secret.startswith(PRIVATE_KEY):
        signed = f"{webhook_id}.{int(now.timestamp())}.".encode() + body
        return "v1a," + base64.b64encode(_private_key(secret).sign(signed)).decode()
    try:
        return Webhook(secret).sign(webhook_id, now, body.decode())
    except (ValueError, EmptyWebhookSecretError) as error:
        raise SecretError("The subscriber's secret is not base64, so the request cannot be signed.") from error


def _private_key(secret: str) -> Ed25519PrivateKey:
    """Of 32 bytes, or of 64 where the public key stands behind, as some libraries write it."""
    try:
        raw = base64.b64decode(secret.removeprefix(PRIVATE_KEY), validate=True)
        return Ed25519PrivateKey.from_private_bytes(raw[:32])
    except (binascii.Error, ValueError) as error:
        raise SecretError(
            "The subscriber's private key is not base64 of 32 bytes, so nothing can be signed."
        ) from error
