"""What publishers call: publish, ask after an event, refresh; and what watches the hub: healthz, readyz."""

import threading
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import Http404
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dispatch import backpressure, problems, readiness
from dispatch.authentication import Publisher
from dispatch.bodies import parse_body, read_body, read_event
from dispatch.models import Event
from dispatch.payloads import PayloadError
from dispatch.problems import ContentTooLargeError, TopicForbiddenError
from dispatch.publishing import IdempotencyConflictError, NewEvent, accept
from dispatch.serializers import EventSerializer, accepted_answer
from subscribers import matching

#: More publishes at once would only fight over the interpreter and the database.
_turns = threading.BoundedSemaphore(settings.SWITCH_WEB_THREADS)


class PublishView(APIView):
    """`POST /publish`: one event or a list of them; 202 once they are stored."""

    def post(self, request: Request) -> Response:
        # A client may take its time over the body: that costs a thread, of which there are many, but no turn.
        body = read_body(request._request)
        # Behind the body: the server closes a connection whose body was not read, and the publisher is to come again.
        backpressure.check()
        with _turns:
            return _publish(cast(Publisher, request.user), body, request.headers.get("Idempotency-Key"))


def _publish(publisher: Publisher, received: bytes, key: str | None) -> Response:
    body = parse_body(received)
    if body.is_batch:
        return Response({"results": _publish_batch(publisher, body.items, body.exact, key)}, status=202)
    result = accept([_read(publisher, body.items[0], body.exact[0], key)])[0]
    if isinstance(result, IdempotencyConflictError):
        raise result
    return Response(accepted_answer(result), status=202)


def _read(publisher: Publisher, item: Any, exact: Any, key: str | None) -> NewEvent:
    event = read_event(item, exact, publisher.author, key)
    if not publisher.may_publish(event.topic):
        raise TopicForbiddenError(event.topic)
    return event


def _publish_batch(publisher: Publisher, items: list[Any], exact: list[Any], key: str | None) -> list[dict[str, Any]]:
    """One answer an item, in their order; what is wrong with one does not spoil the others."""
    answers: list[dict[str, Any]] = [{} for _ in items]
    good: dict[int, NewEvent] = {}
    for index, item in enumerate(items):
        try:
            good[index] = _read(publisher, item, exact[index], f"{key}/{index}" if key else None)
        except (PayloadError, ContentTooLargeError, TopicForbiddenError) as error:
            answers[index] = {"problem": problems.describe(error)}
    for index, result in zip(good, accept(list(good.values())) if good else [], strict=True):
        if isinstance(result, IdempotencyConflictError):
            answers[index] = {"problem": problems.describe(result)}
        else:
            answers[index] = accepted_answer(result)
    return answers


class EventView(APIView):
    """`GET /events/<id>`: what became of an event, for its author."""

    def get(self, request: Request, event_id: UUID) -> Response:
        author = cast(Publisher, request.user).author
        event = Event.objects.filter(pk=event_id, author=author).first()
        if event is None:
            raise Http404("There is no such event of yours.")
        return Response(EventSerializer(event).data)


class RefreshView(APIView):
    """`GET /refresh`: makes every process read the subscribers again."""

    def get(self, request: Request) -> Response:
        matching.refresh()
        return Response({"subscribers": "will be read again by every process before its next publish"})


class HealthView(APIView):
    """`GET /healthz`: the process answers."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        return Response({"status": "ok"})


class ReadyView(APIView):
    """`GET /readyz`: events can be accepted and are being delivered; else 503 with the reason."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        obstacles = readiness.obstacles()
        if obstacles:
            return problems.respond(problems.problem(503, " ".join(obstacles)))
        return Response({"status": "ready"})
