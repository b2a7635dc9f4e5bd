"""Requests as WSGI describes them."""

from types import SimpleNamespace
from typing import Any

import pytest

from switchsite.web.environ import environ_of, with_body

LENGTH = ("content-length", "7")


def made(path: str = "/publish", headers: list[tuple[str, str]] | None = None) -> dict[str, Any]:
    scope: Any = SimpleNamespace(
        method="POST",
        path=path,
        query_string="a=%20b",
        scheme="http",
        client="10.0.0.7:4711",
        server="127.0.0.1:8000",
        headers=SimpleNamespace(items=lambda: headers or []),
    )
    return environ_of(scope)


def test_request_is_described() -> None:
    environ = made(
        headers=[("host", "hub"), ("idempotency-key", "k"), ("content-type", "a/b"), ("content-length", "7")]
    )
    expected = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/publish",
        "QUERY_STRING": "a=%20b",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "REMOTE_ADDR": "10.0.0.7",
        "HTTP_HOST": "hub",
        "HTTP_IDEMPOTENCY_KEY": "k",
        "CONTENT_TYPE": "a/b",
        "CONTENT_LENGTH": "7",
        "wsgi.url_scheme": "http",
    }
    assert {name: environ.get(name) for name in expected} == expected


def test_header_with_an_underscore_does_not_pass_for_another() -> None:
    assert made(headers=[("content_length", "1"), ("x_real", "2")]).keys() == made().keys()


@pytest.mark.parametrize(
    ("name", "joined"), [("cookie", "a=1; b=2"), ("authorization", "a=1,b=2"), ("x-forwarded-for", "a=1,b=2")]
)
def test_header_that_comes_twice_is_joined(name: str, joined: str) -> None:
    assert joined in made(headers=[(name, "a=1"), (name, "b=2")]).values()


@pytest.mark.parametrize(("path", "info"), [("/a b", "/a b"), ("/a%20b", "/a%20b"), ("/ü", "/Ã¼")])
def test_path_is_given_as_its_bytes(path: str, info: str) -> None:
    assert made(path)["PATH_INFO"] == info


def test_length_is_what_was_announced_or_else_what_came() -> None:
    announced = with_body(made(headers=[LENGTH]), b"abc")
    assert (announced["CONTENT_LENGTH"], announced["wsgi.input"].read()) == ("7", b"abc")
    assert with_body(made(headers=[("transfer-encoding", "chunked")]), b"abc")["CONTENT_LENGTH"] == "3"
    assert "CONTENT_LENGTH" not in with_body(made(), b"")
