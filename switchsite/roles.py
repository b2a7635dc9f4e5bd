"""The groups that a hub starts with: who may look, who may operate, who may also manage users."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet

LEDGER = ("subscribers", "dispatch")
#: Beyond looking: permissions as `app.codename`.
OPERATING = (
    "subscribers.add_subscriber",
    "subscribers.change_subscriber",
    "subscribers.delete_subscriber",
    "dispatch.change_delivery",
    "dispatch.add_replay",
    "dispatch.change_replay",
)


#: Beyond that: users and groups, and the keys of machines, which may do what their maker says.
MANAGING = ("dispatch.add_apikey", "dispatch.change_apikey", "dispatch.delete_apikey")


def create_roles(**kwargs: Any) -> None:
    """Receives `post_migrate`: makes the groups, and gives them what newer versions have brought.

    What an administrator has given a group besides stays; what was taken from one comes back, so that a role keeps
    its meaning: for other rights make another group.
    """
    looking = Permission.objects.filter(content_type__app_label__in=LEDGER, codename__startswith="view_")
    operating = looking | _named(OPERATING)
    managing = operating | _named(MANAGING) | Permission.objects.filter(content_type__app_label="auth")
    for name, permissions in (("viewer", looking), ("operator", operating), ("admin", managing)):
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*permissions)


def _named(names: Iterable[str]) -> QuerySet[Permission]:
    wanted = Q()
    for name in names:
        label, codename = name.split(".")
        wanted |= Q(content_type__app_label=label, codename=codename)
    return Permission.objects.filter(wanted)
