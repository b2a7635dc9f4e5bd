"""API keys in the admin."""

import re

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from dispatch.api import keys
from dispatch.models import ApiKey
from tests.dispatch.admin.pages import text

pytestmark = pytest.mark.django_db

ADD = reverse("admin:dispatch_apikey_add")
LIST = reverse("admin:dispatch_apikey_changelist")
NEW = {"name": "deployer", "scopes": ["subscribers:read", "events:read"], "expires_at_0": "", "expires_at_1": ""}


def test_a_new_key_is_shown_once(admin_client: Client) -> None:
    shown = text(admin_client.post(ADD, NEW, follow=True))
    found = re.search(r"swk_[\w-]{43}", shown)
    assert found
    key = keys.find(found[0])
    assert key
    assert (key.scopes, key.created_by) == (["subscribers:read", "events:read"], "admin")
    page = reverse("admin:dispatch_apikey_change", args=[key.pk])
    for again in (admin_client.get(LIST), admin_client.get(page)):
        assert found[0] not in text(again)
        assert key.prefix in text(again)


def test_a_changed_key_stays_the_same_key(admin_client: Client) -> None:
    key, secret = keys.make("deployer", ["events:read"], "tests")
    page = reverse("admin:dispatch_apikey_change", args=[key.pk])
    admin_client.post(page, NEW | {"name": "renamed"})
    found = keys.find(secret)
    assert found
    assert (found.name, found.scopes) == ("renamed", ["subscribers:read", "events:read"])


def test_a_key_without_scopes_is_refused(admin_client: Client) -> None:
    answer = admin_client.post(ADD, NEW | {"scopes": []})
    assert "This field is required" in text(answer)
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("operator", 403), ("admin", 200)])
def test_only_admins_make_keys(client: Client, role: str, status: int) -> None:
    user = User.objects.create_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    assert client.get(ADD).status_code == status


def test_an_empty_list_says_what_a_key_is_for(admin_client: Client) -> None:
    assert "A program needs a key to call the management API." in text(admin_client.get(LIST))
