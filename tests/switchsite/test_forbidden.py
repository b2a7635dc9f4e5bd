"""The page for who is signed in but may not: it says as whom, and what would help."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("groups", "told"), [([], "who is in no group"), (["viewer", "auditors"], "of the group auditors, viewer")]
)
def test_the_page_says_as_whom_and_whom_to_ask(client: Client, groups: list[str], told: str) -> None:
    user = User.objects.create_user("night", is_staff=True)
    user.groups.set([Group.objects.get_or_create(name=name)[0] for name in groups])
    client.force_login(user)
    answer = client.get("/admin/auth/user/")
    text = answer.content.decode().replace("<strong>", "").replace("</strong>", "")
    assert answer.status_code == 403
    assert f"signed in as night, {told}," in text
    assert "Ask an administrator of the hub" in text


def test_the_log_has_one_line_of_it(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.force_login(User.objects.create_user("night", is_staff=True))
    assert client.get("/admin/auth/user/").status_code == 403
    (record,) = [each for each in caplog.records if each.name == "django.request"]
    assert record.getMessage() == "Forbidden (Permission denied): /admin/auth/user/"
    assert record.exc_info is None
