"""Too many failed sign-ins lock one user at one address for a while, whichever process they reach."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.db.models import F
from django.test import Client, RequestFactory
from pytest_django import Settings

from switchsite.sign_in import client_address

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_users")]

PASSWORD = "a password of no account but this one"


@pytest.fixture
def _users() -> None:
    for name in ("operator", "auditor"):
        User.objects.create_superuser(name, password=PASSWORD)


def sign_in(username: str = "operator", password: str = "wrong", address: str = "203.0.113.7", **headers: str) -> int:
    """The status: 302 signed in, 200 the form again, 429 locked. A new client each time, as attackers are."""
    data = {"username": username, "password": password}
    return Client(REMOTE_ADDR=address).post("/admin/login/?next=/admin/", data, headers=headers).status_code


def fail(times: int) -> list[int]:
    return [sign_in() for _ in range(times)]


def test_fifth_failure_locks_even_the_right_password_out() -> None:
    assert fail(5) == [200, 200, 200, 200, 429]
    assert sign_in(password=PASSWORD) == 429


def test_lock_concerns_no_other_user_and_no_other_address() -> None:
    fail(5)
    assert sign_in("auditor", PASSWORD) == 302
    assert sign_in(password=PASSWORD, address="203.0.113.8") == 302
    assert sign_in(password=PASSWORD) == 429


def test_success_forgets_the_failures() -> None:
    fail(4)
    assert sign_in(password=PASSWORD) == 302
    assert fail(4) == [200] * 4


def test_lock_ends_though_it_was_tried_again_meanwhile() -> None:
    fail(5)
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(seconds=890))
    assert fail(3) == [429] * 3
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(seconds=20))
    assert sign_in(password=PASSWORD) == 302


def test_limits_are_those_of_the_settings(settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    assert fail(2) == [200, 429]


def test_page_says_when_to_try_again() -> None:
    fail(5)
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(seconds=300))
    response = Client(REMOTE_ADDR="203.0.113.7").post("/admin/login/", {"username": "operator", "password": "wrong"})
    page = response.content.decode()
    assert "too many failed sign-ins as <strong>operator</strong>" in page
    assert "<strong>10 minutes</strong>" in page
    assert "manage.py axes_reset_username operator" in page
    assert 590 <= int(response["Retry-After"]) <= 600


def test_name_on_the_page_is_text() -> None:
    name = "<script>alert(1)</script>"
    for _ in range(5):
        response = Client().post("/admin/login/", {"username": name, "password": "wrong"})
    assert response.status_code == 429
    assert name not in response.content.decode()


@pytest.mark.parametrize("username", ["", "o" * 151, "operator\0", "ünïcode", "' OR 1=1 --"])
def test_strange_names_are_failures_like_others(username: str) -> None:
    assert sign_in(username) in (200, 429)


@pytest.mark.parametrize(
    ("is_https", "forwarded", "remote", "address"),
    [
        pytest.param(False, "198.51.100.1", "203.0.113.7", "203.0.113.7", id="no proxy: the header is a client's word"),
        pytest.param(True, "198.51.100.1", "10.0.0.1", "198.51.100.1", id="behind a proxy"),
        pytest.param(True, "1.1.1.1, 198.51.100.1", "10.0.0.1", "198.51.100.1", id="the last entry is the proxy's own"),
        pytest.param(True, "2001:db8::1", "10.0.0.1", "2001:db8::1", id="IPv6"),
        pytest.param(True, "::ffff:198.51.100.1", "10.0.0.1", "198.51.100.1", id="IPv4 in IPv6"),
        pytest.param(True, "198.51.100.1, unknown", "10.0.0.1", "10.0.0.1", id="no address"),
        pytest.param(True, "", "10.0.0.1", "10.0.0.1", id="no header"),
        pytest.param(False, "", "[::1]", "::1", id="in brackets"),
        pytest.param(False, "", "fe80::1%eth0", "fe80::1", id="with a zone"),
        pytest.param(False, "", "", None, id="Unix socket"),
    ],
)
def test_address_is_that_of_the_last_hop_we_trust(
    settings: Settings, is_https: bool, forwarded: str, remote: str, address: str | None
) -> None:
    settings.SWITCH_HTTPS = is_https
    request = RequestFactory().get("/", REMOTE_ADDR=remote, headers={"X-Forwarded-For": forwarded} if forwarded else {})
    assert client_address(request) == address


def test_forged_header_does_not_make_a_new_address() -> None:
    statuses = [sign_in(**{"X-Forwarded-For": f"198.51.100.{number}"}) for number in range(5)]
    assert statuses[-1] == 429


def test_unknown_address_is_locked_like_any() -> None:
    assert [sign_in(address="") for _ in range(5)][-1] == 429


def test_log_holds_neither_name_nor_password(caplog: pytest.LogCaptureFixture) -> None:
    """A password is easily typed into the field of the name."""
    for _ in range(6):
        sign_in("hunter2-as-name", "hunter2-as-password")
    assert "203.0.113.7" in caplog.text
    assert "hunter2" not in caplog.text
