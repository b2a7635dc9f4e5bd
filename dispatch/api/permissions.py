"""What a caller must be allowed to do: a scope of an API key, or a permission of a staff user."""

from typing import Any, NamedTuple

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from dispatch.models import ApiKey


class Need(NamedTuple):
    """One right, in the words of both kinds of callers."""

    scope: str
    permission: str


SEE_SUBSCRIBERS = Need("subscribers:read", "subscribers.view_subscriber")
ADD_SUBSCRIBERS = Need("subscribers:write", "subscribers.add_subscriber")
CHANGE_SUBSCRIBERS = Need("subscribers:write", "subscribers.change_subscriber")
DELETE_SUBSCRIBERS = Need("subscribers:write", "subscribers.delete_subscriber")
SEE_EVENTS = Need("events:read", "dispatch.view_event")
SEE_DELIVERIES = Need("deliveries:read", "dispatch.view_delivery")
SEE_ATTEMPTS = Need("deliveries:read", "dispatch.view_attempt")
SEE_REPLAYS = Need("deliveries:read", "dispatch.view_replay")
REPLAY = Need("deliveries:replay", "dispatch.change_delivery")


def may(request: Request, need: Need) -> bool:
    if isinstance(request.auth, ApiKey):
        return need.scope in request.auth.scopes
    return bool(request.user and request.user.is_authenticated and request.user.has_perm(need.permission))


def demand(request: Request, need: Need) -> None:
    """Raises PermissionDenied that names what is lacking."""
    if may(request, need):
        return
    lacking = f"the scope {need.scope}" if isinstance(request.auth, ApiKey) else f"the permission {need.permission}"
    raise PermissionDenied(f"This needs {lacking}.")


#: Methods that the address does not have, which become a 405; for OPTIONS DRF has a name.
NO_ACTIONS = (None, "metadata")


class MayDoThis(BasePermission):
    """Asks for what the view's `needs` say of the action; an action that they do not name is nobody's."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False  # which becomes a 401
        if view.action not in NO_ACTIONS:
            for need in view.needs[view.action]:
                demand(request, need)
        return True
