"""Calls the views as publishers do."""

import json
from typing import Any

from django.test import Client

from dispatch.tokens import PublisherToken
from subscribers.models import Subscriber

PLAIN = {"topic": "orders", "data": {"body": {"total": 120}}}


class Answer:
    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.json: Any = json.loads(response.content) if response.content else None

    @property
    def detail(self) -> str:
        assert self.headers["Content-Type"] == "application/problem+json"
        assert (self.json["type"], self.json["status"]) == ("about:blank", self.status)
        assert self.json["title"]
        return str(self.json["detail"])


def post(body: Any, author: str = "shop", token: str | None = None, content_type: str = "", **headers: str) -> Answer:
    """Posts to /publish as the original's clients do: `bearer` in lower case and no Content-Type."""
    token = str(PublisherToken.issue(author)) if token is None else token
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"bearer {token}"} | headers
    return Answer(Client().generic("POST", "/publish", data, content_type=content_type, headers=headers))


def get(path: str, author: str = "shop") -> Answer:
    return Answer(Client().get(path, headers={"Authorization": f"Bearer {PublisherToken.issue(author)}"}))


def subscribe(**fields: Any) -> Subscriber:
    found: Subscriber = Subscriber.objects.create(**{"topic": "orders", "target_url": "http://127.0.0.1:9/"} | fields)
    return found
