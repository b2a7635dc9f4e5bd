"""Addresses that no view answers, and faults that no view foresees."""

import pytest
from django.test import Client
from pytest_django import Settings

from tests.dispatch.client import Answer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]


@pytest.mark.parametrize("method", ["get", "post", "head", "options", "delete"])
@pytest.mark.parametrize("path", ["/nothing", "/publish/", "/events/", "/events/7", "/events/x/y", "/.env", "/\x00"])
def test_unknown_address_is_a_problem(path: str, method: str) -> None:
    response = getattr(Client(), method)(path)
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    if method != "head":
        assert "POST /publish" in Answer(response).detail


def test_unknown_page_of_the_admin_is_a_page(admin_client: Client) -> None:
    response = admin_client.get("/admin/nothing/")
    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_root_leads_to_the_admin() -> None:
    response = Client().get("/")
    assert (response.status_code, response["Location"]) == (302, "/admin/")


def test_host_that_is_not_ours_is_a_problem(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["switch.example.com"]
    answer = Answer(Client().get("/nothing", headers={"Host": "evil.example"}))
    assert answer.status == 400
    assert "SWITCH_ALLOWED_HOSTS" in answer.detail
    assert Client().get("/admin/", headers={"Host": "evil.example"})["Content-Type"].startswith("text/html")


def test_unforeseen_error_is_a_problem_that_tells_nothing_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[str]:
        raise RuntimeError("hunter2")

    monkeypatch.setattr("dispatch.readiness.obstacles", broken)
    client = Client(raise_request_exception=False)
    answer = Answer(client.get("/readyz"))
    assert answer.status == 500
    assert answer.detail == "The hub met an error of its own, which its log tells."
