"""Secrets of subscribers: how new ones are made, and how one gives way to the next."""

import base64
import secrets
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from django.utils import timezone

from subscribers.models import Subscriber

KEY_BYTES = 32
#: For so long requests carry the old signature beside the new one, unless the operator says otherwise.
OVERLAP = timedelta(hours=24)
LONGEST_OVERLAP_HOURS = 720


def new_shared_secret() -> str:
    """A key for HMAC-SHA256, as Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def new_private_key() -> str:
    """A private key of Ed25519, as Standard Webhooks writes it."""
    return "whsk_" + base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


def rotate(subscriber: Subscriber, secret: str, overlap: timedelta = OVERLAP) -> None:
    """Gives it a new secret; until `overlap` is over, requests are signed by the old one too."""
    subscriber.previous_secret = subscriber.secret if overlap else ""
    subscriber.previous_secret_until = timezone.now() + overlap if subscriber.previous_secret else None
    subscriber.secret = secret
    with transaction.atomic():  # with its history
        subscriber.save(update_fields=["secret", "previous_secret", "previous_secret_until"])
