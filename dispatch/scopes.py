"""What an API key may be allowed to do. Pure."""

from collections.abc import Iterable

SCOPES = {
    "subscribers:read": "see subscribers, and explain their filters with data that it gives",
    "subscribers:write": "create, change, delete, pause, resume and test subscribers, rotate their secrets",
    "events:read": "see events with their payloads, and the topics",
    "deliveries:read": "see deliveries, attempts and replays",
    "deliveries:replay": "try deliveries now, stop them, replay them one by one or many",
}


def scope_problem(scopes: Iterable[str]) -> str:
    """What is wrong with a list of scopes; empty if nothing is."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if not unknown:
        return ""
    return f"There is no scope {unknown[0]!r}; there are {', '.join(SCOPES)}."
