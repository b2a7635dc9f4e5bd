"""Who may call what."""

from uuid import UUID

import pytest
from django.test import Client
from pytest_django import Settings

from dispatch.models import Event
from dispatch.tokens import PublisherToken
from tests.dispatch.client import PLAIN, Answer, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_scheme_is_read_in_any_case(scheme: str) -> None:
    assert post(PLAIN, Authorization=f"{scheme} {PublisherToken.issue('shop')}").status == 202


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        pytest.param("", "There is no token.", id="none"),
        pytest.param("Bearer", "must read: Bearer <token>", id="no-token"),
        pytest.param("Bearer a b", "must read: Bearer <token>", id="two-tokens"),
        pytest.param("Basic c2hvcDpwYXNz", "must read: Bearer <token>", id="basic"),
        pytest.param("Bearer abc", "it is no JWT", id="no-jwt"),
        pytest.param("Bearer ünïcode", "characters that no JWT has", id="not-ascii"),
    ],
)
def test_without_a_good_token_the_answer_is_401(header: str, detail: str) -> None:
    answer = post(PLAIN, Authorization=header)
    assert answer.status == 401
    assert detail in answer.detail
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="switch"'
    assert not Event.objects.exists()


@pytest.mark.parametrize("path", ["/publish", "/refresh", f"/events/{UUID(int=0)}"])
def test_every_path_of_publishers_demands_a_token(path: str) -> None:
    method = Client().post if path == "/publish" else Client().get
    assert Answer(method(path)).status == 401


def test_token_is_checked_before_the_body(settings: Settings) -> None:
    settings.SWITCH_BATCH_MAX_BYTES = 10
    assert post(b"{" * 1000, token="bad").status == 401
    assert post(b"{" * 1000).status == 413


def test_topic_outside_the_token_is_403() -> None:
    token = str(PublisherToken.issue("shop", ["orders.*"]))
    answer = post(PLAIN, token=token)
    assert answer.status == 403
    assert "may not publish on the topic 'orders'" in answer.detail
    assert post(PLAIN | {"topic": "orders.eu"}, token=token).status == 202
