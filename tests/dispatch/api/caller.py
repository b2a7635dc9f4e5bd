"""Calls the management API as machines and staff users do."""

import json
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client

from dispatch.api import keys
from dispatch.scopes import SCOPES
from tests.dispatch.client import Answer

PASSWORD = "a password of the tests"


class Caller:
    """Sends its token with each request; `path` is what follows `/api/v1/`."""

    def __init__(self, token: str = "") -> None:
        self.token = token

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            given = {"Authorization": f"Bearer {self.token}"} | given
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        return Answer(Client().generic(method, f"/api/v1/{path}", data, "application/json", headers=given))

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Answer:
        return self.send("PUT", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Answer:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.send("DELETE", path, **headers)


def machine(*scopes: str, name: str = "deployer") -> Caller:
    """With all scopes if none are given."""
    _, text = keys.make(name, scopes or list(SCOPES), "tests")
    return Caller(text)


def staff(roles: Sequence[str] = (), username: str = "ann", **fields: Any) -> Caller:
    """A staff user who has signed in."""
    user = User.objects.create_user(username, password=PASSWORD, **{"is_staff": True, **fields})
    user.groups.set(Group.objects.filter(name__in=roles))
    answer = sign_in(username)
    assert answer.status == 200, answer.json
    return Caller(answer.json["access"])


def sign_in(username: str, password: str = PASSWORD) -> Answer:
    return Caller().post("token", {"username": username, "password": password})


def ids(api: Caller, path: str) -> list[str]:
    """Those of a list's first page."""
    answer = api.get(path)
    assert answer.status == 200, answer.json
    return [each["id"] for each in answer.json["results"]]
