"""The admin's first page, as who looks at it gets it."""

from typing import Any

from django.test import Client
from django.urls import reverse

from dispatch.models import Consumer


def make_consumer(**fields: Any) -> Consumer:
    given = {"host": "hub", "process_id": 7, "queue": "embedded", "concurrency": 256, "in_flight": 3, **fields}
    return Consumer.objects.create(**given)


def shown(client: Client, **query: str) -> Any:
    answer = client.get(reverse("admin:index"), query)
    assert answer.status_code == 200
    return answer
