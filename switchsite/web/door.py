"""Where requests come in: bodies are read, or refused, before a thread of Django has to do with them."""

import asyncio
import time
from typing import Any, Protocol

from granian.rsgi import Scope

from dispatch import problems
from dispatch.answers import json_bytes
from dispatch.authentication import holds
from dispatch.counting import bucket_of
from dispatch.gathering import GATHERS
from dispatch.problems import RETRY_AFTER_SECONDS
from dispatch.tallies import tally
from switchsite.web.environ import environ_of, with_body
from switchsite.web.exchange import Answer, Exchange
from switchsite.web.handling import is_api
from switchsite.web.reading import BodyRefusedError, Budget, Incoming, Reader, Share
from switchsite.web.workers import Workers


class Client(Incoming, Protocol):
    """Granian's side of one request."""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...


class Door:
    """`publishers` is the memory for their bodies, `browsers` that for forms, which come without a token."""

    def __init__(self, reader: Reader, publishers: Budget, browsers: Budget, workers: Workers) -> None:
        self._reader = reader
        self._publishers = publishers
        self._browsers = browsers
        self._workers = workers

    async def admit(self, scope: Scope, client: Client) -> None:
        """Answers one request."""
        environ = environ_of(scope)
        is_publish = (
            scope.path == "/publish" and scope.method == "POST" and holds(environ.get("HTTP_AUTHORIZATION", ""))
        )
        share = Share(self._publishers if is_publish else self._browsers)
        try:
            # The body of one who may not publish is not read: Django answers without it.
            is_read = _has_body(environ) and (is_publish or not is_api(scope.path))
            body = await self._read(client, environ, share) if is_read else b""
            answer = await self._work(with_body(environ, body), len(body), is_publish)
        except BodyRefusedError as refusal:
            answer = _refused(refusal)
        finally:
            share.give_back()
        if scope.path == "/publish":
            tally("answers", str(answer.status))
        client.response_bytes(answer.status, answer.headers, answer.body)

    async def _read(self, client: Client, environ: dict[str, Any], share: Share) -> bytes:
        announced = environ.get("CONTENT_LENGTH", "")
        return await self._reader.read(client, int(announced) if announced.isdigit() else None, share)

    async def _work(self, environ: dict[str, Any], size: int, is_publish: bool) -> Answer:
        if is_publish:
            environ[GATHERS] = True
        exchange = Exchange(environ, size, is_publish, asyncio.get_running_loop().create_future())
        answer = await self._workers.ask(exchange)
        if is_publish:
            tally("publish_milliseconds", str(bucket_of((time.monotonic() - exchange.came_at) * 1000)))
        return answer


def _has_body(environ: dict[str, Any]) -> bool:
    return "HTTP_TRANSFER_ENCODING" in environ or environ.get("CONTENT_LENGTH", "0") != "0"


def _refused(refusal: BodyRefusedError) -> Answer:
    headers = [("Content-Type", "application/problem+json"), ("Connection", "close")]
    if refusal.status == 503:
        headers.append(("Retry-After", str(RETRY_AFTER_SECONDS)))
    return Answer(refusal.status, headers, json_bytes(problems.problem(refusal.status, refusal.detail)))
