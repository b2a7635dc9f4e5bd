"""What a thread does with requests: Django answers them, and publishes are stored together."""

from collections.abc import Sequence
from typing import Any
from wsgiref.types import WSGIApplication

from django.core import signals
from django.core.handlers.wsgi import WSGIRequest
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from dispatch import gathering
from dispatch.tracing import publishes
from switchsite.web.exchange import Answer, Exchange
from switchsite.web.handling import ApiHandler


class Work:
    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._api = ApiHandler()

    def __call__(self, taken: Sequence[Exchange]) -> list[Answer]:
        if taken[0].is_publish:
            return self._publish(taken)
        return [self._answer(exchange.environ) for exchange in taken]

    def _publish(self, taken: Sequence[Exchange]) -> list[Answer]:
        """To Django they are one request: its signals, which look after the database's connections, come once."""
        set_script_prefix("/")
        signals.request_started.send(sender=ApiHandler, environ=taken[0].environ)
        try:
            for exchange in taken:
                publishes.begin(exchange.environ)
            responses = [self._api.get_response(WSGIRequest(exchange.environ)) for exchange in taken]
            answers = [_from_response(response) for response in gathering.store(responses)]
            for exchange, answer in zip(taken, answers, strict=True):
                publishes.end(exchange.environ, answer.status)
            return answers
        finally:
            signals.request_finished.send(sender=ApiHandler)

    def _answer(self, environ: dict[str, Any]) -> Answer:
        head: list[Any] = []
        body = self._application(environ, lambda *told: head.extend(told))  # type: ignore[arg-type]
        try:
            content = b"".join(body)
        finally:
            if hasattr(body, "close"):
                body.close()
        return Answer(int(head[0].split()[0]), head[1], content)


def _from_response(response: HttpResponseBase) -> Answer:
    return Answer(response.status_code, list(response.items()), response.getvalue())
