"""What the three groups may do."""

import pytest
from django.contrib.auth.models import Group, Permission, User

from switchsite.roles import create_roles

pytestmark = pytest.mark.django_db


def member(role: str) -> User:
    user = User.objects.create_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (
            "viewer",
            [
                "subscribers.view_subscriber",
                "dispatch.view_event",
                "dispatch.view_delivery",
                "dispatch.view_attempt",
                "dispatch.view_alert",
            ],
            ["dispatch.change_alert", "subscribers.change_subscriber", "dispatch.change_delivery", "auth.view_user"],
        ),
        (
            "operator",
            [
                *("dispatch.view_event", "subscribers.add_subscriber", "subscribers.delete_subscriber"),
                *("dispatch.change_delivery", "dispatch.add_replay", "dispatch.change_replay"),
            ],
            ["auth.view_user", "auth.change_group", "dispatch.delete_event"],
        ),
        ("admin", ["auth.add_user", "auth.change_group", "subscribers.change_subscriber"], ["dispatch.delete_event"]),
    ],
)
def test_each_role_may_what_it_is_for(role: str, may: list[str], may_not: list[str]) -> None:
    user = member(role)
    assert [name for name in may if not user.has_perm(name)] == []
    assert [name for name in may_not if user.has_perm(name)] == []


def test_a_role_keeps_what_it_was_given_and_gets_back_what_it_needs() -> None:
    viewer = Group.objects.get(name="viewer")
    more = Permission.objects.get(codename="add_subscriber")
    viewer.permissions.add(more)
    viewer.permissions.remove(Permission.objects.get(codename="view_event"))
    create_roles()
    assert viewer.permissions.filter(codename__in=["add_subscriber", "view_event"]).count() == 2
