"""Secrets of subscribers: how new ones are made, and how one gives way to the next."""

import base64
import secrets
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from django.utils import timezone

from subscribers.models import Subscriber
from subscribers.records import SECRETS

KEY_BYTES = 32
#: For so long requests carry the old signature beside the new one, unless the operator says otherwise.
OVERLAP = timedelta(hours=24)
LONGEST_OVERLAP_HOURS = 720


class OverlapRunningError(Exception):
    """No new secret yet: until `until`, an aware moment, receivers may know only the secret before the present one."""

    def __init__(self, until: datetime) -> None:
        super().__init__(
            f"Until {until:%Y-%m-%d %H:%M:%S} UTC requests carry the signature of the secret before as well. Another "
            "new secret would end that one now, for receivers that know no other. Wait until then, or force it."
        )
        self.until = until


def new_shared_secret() -> str:
    """A key for HMAC-SHA256, as Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def new_private_key() -> str:
    """A private key of Ed25519, as Standard Webhooks writes it."""
    return "whsk_" + base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


def overlap_end(subscriber: Subscriber) -> datetime | None:
    """Until when its previous secret signs as well; None if none does now."""
    until = subscriber.previous_secret_until if subscriber.previous_secret else None
    return until if until and until > timezone.now() else None


def rotate(subscriber: Subscriber, secret: str, overlap: timedelta = OVERLAP, *, force: bool = False) -> None:
    """Gives it a new secret; until `overlap` is over, requests are signed by the old one too.

    Raises OverlapRunningError while the overlap of an earlier rotation runs; `force` ends that one now.
    """
    with transaction.atomic():  # with its history
        # As it is by now: another may have rotated since the caller read it.
        subscriber.refresh_from_db(fields=SECRETS, from_queryset=Subscriber.objects.select_for_update())
        if (until := overlap_end(subscriber)) and not force:
            raise OverlapRunningError(until)
        subscriber.previous_secret = subscriber.secret if overlap else ""
        subscriber.previous_secret_until = timezone.now() + overlap if subscriber.previous_secret else None
        subscriber.secret = secret
        subscriber.save(update_fields=SECRETS)
