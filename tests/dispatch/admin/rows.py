"""Attempts as a consumer writes them."""

from typing import Any

from django.utils import timezone

from dispatch.models import Attempt, Delivery


def make_attempt(delivery: Delivery, **fields: Any) -> Attempt:
    given = {
        "number": 1,
        "started_at": timezone.now(),
        "method": "POST",
        "url": "http://billing:8000/orders/17?token=***",
        "request_headers": "Content-Type: application/json\nAuthorization: ***",
        "status": 500,
        "response_headers": "server: billing",
        "response_body": "out of paper <script>alert(1)</script>",
        "total_ms": 12.5,
        **fields,
    }
    return Attempt.objects.create(delivery=delivery, **given)
