"""Publishing over HTTP from many clients at once."""

import http.client
import json
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from email.message import Message
from typing import Any

from tests.servers.hub import HubServer


def publish(hub: HubServer, body: Any, **headers: str) -> tuple[int, Any]:
    """One publish on a connection of its own: status and answer."""
    status, _, answer = publish_raw(hub, body, **headers)
    return status, answer


def publish_raw(hub: HubServer, body: Any, **headers: str) -> tuple[int, Message, Any]:
    """Like `publish`, with the answer's headers."""
    with closing(_connect(hub)) as connection:
        return _post(connection, hub.token(), body, headers)


def publish_all(hub: HubServer, bodies: list[Any], clients: int) -> Counter[int]:
    """Publishes the bodies from so many clients at once, each on one connection; returns how often each status came."""
    shares = [bodies[start::clients] for start in range(clients)]
    with ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(lambda share: _publish_in_turn(hub, share), shares), Counter())


def _publish_in_turn(hub: HubServer, bodies: Iterable[Any]) -> Counter[int]:
    connection, token = _connect(hub), hub.token()
    try:
        return Counter(_post(connection, token, body, {})[0] for body in bodies)
    finally:
        connection.close()


def _connect(hub: HubServer) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", hub.port, timeout=30)


def _post(
    connection: http.client.HTTPConnection, token: str, body: Any, headers: dict[str, str]
) -> tuple[int, Message, Any]:
    connection.request("POST", "/publish", json.dumps(body), {"Authorization": f"Bearer {token}", **headers})
    answer = connection.getresponse()
    return answer.status, answer.headers, json.loads(answer.read())
