"""The WSGI application, for those who bring their own server: what passes Django's middleware, and what need not."""

import io
import json
import sys
from typing import Any

import pytest
from pytest_django import Settings

from dispatch.models import Event
from dispatch.tokens import PublisherToken
from switchsite.web.handling import is_api
from switchsite.wsgi import application
from tests.dispatch.client import PLAIN

# Not inside a transaction: a request, as WSGI has it, closes the connections that a former one has left.
pytestmark = pytest.mark.django_db(transaction=True)


def call(method: str, path: str, body: bytes = b"", **environ: Any) -> tuple[int, dict[str, str], bytes]:
    """One request by PEP 3333."""
    head: list[Any] = []
    request = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "hub",
        "SERVER_PORT": "80",
        "HTTP_HOST": "hub",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
        **environ,
    }
    response: Any = application(request, lambda *told: head.extend(told))
    content = b"".join(response)
    response.close()
    return int(head[0].split()[0]), dict(head[1]), content


def publish(**environ: Any) -> tuple[int, dict[str, str], bytes]:
    token = f"Bearer {PublisherToken.issue('shop')}"
    return call("POST", "/publish", json.dumps(PLAIN).encode(), HTTP_AUTHORIZATION=token, **environ)


def test_publish_is_stored_and_answered_with_its_length() -> None:
    status, headers, content = publish()
    assert (status, headers["Content-Length"]) == (202, str(len(content)))
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert json.loads(content)["id"] == str(Event.objects.get().pk)


def test_header_of_a_client_cannot_pass_for_a_word_of_the_server() -> None:
    status, _, _ = publish(HTTP_SWITCH_GATHERS="1", **{"HTTP_switch.gathers": "1"})
    assert status == 202
    assert Event.objects.exists()


@pytest.mark.usefixtures("quiet_log")
def test_host_that_is_not_allowed_is_refused_to_publishers_too(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["hub"]
    assert publish()[0] == 202
    assert publish(HTTP_HOST="elsewhere")[0] == 400
    assert Event.objects.count() == 1


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "10.42.0.17:8000", "[fd00::17]:8000", ""])
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_a_probe_that_knows_no_name_of_the_hub_is_answered(settings: Settings, path: str, host: str) -> None:
    settings.ALLOWED_HOSTS = ["switch.example.com"]
    assert call("GET", path, HTTP_HOST=host)[0] == 200


@pytest.mark.usefixtures("quiet_log")
@pytest.mark.parametrize("path", ["/refresh", "/events/x", "/admin/login/", "/api/v1/subscribers", "/"])
def test_all_but_probes_are_refused_to_an_address(settings: Settings, path: str) -> None:
    settings.ALLOWED_HOSTS = ["switch.example.com"]
    assert call("GET", path, HTTP_HOST="10.42.0.17:8000")[0] == 400


@pytest.mark.usefixtures("quiet_log")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/publish", 401),
        ("GET", "/refresh", 401),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/events/no-id", 404),
        ("GET", "/admin/", 302),
        ("GET", "/elsewhere", 404),
        ("GET", "/publish/", 404),
        ("GET", "/static/switch/icon.svg", 200),
        ("GET", "/static/switch/absent.svg", 404),
    ],
)
def test_every_path_is_answered(method: str, path: str, status: int) -> None:
    assert call(method, path)[0] == status


def test_browsers_have_the_middleware_and_callers_with_a_token_have_none() -> None:
    _, headers, _ = call("GET", "/admin/login/")
    assert headers["X-Frame-Options"] == "DENY"
    assert "csrftoken" in headers["Set-Cookie"]
    _, headers, _ = call("GET", "/healthz")
    assert not {"X-Frame-Options", "Set-Cookie"} & set(headers)


@pytest.mark.parametrize("path", ["/publish", "/events/x", "/healthz", "/readyz", "/refresh"])
def test_paths_of_the_api(path: str) -> None:
    assert is_api(path)
    assert not is_api(path.replace("/", "/admin/", 1))
    assert not is_api(f"{path}er".replace("/events/xer", "/eventser"))
