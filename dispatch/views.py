"""What publishers call: publish, ask after an event, refresh; and what watches the hub: healthz, readyz."""

from typing import cast
from uuid import UUID

from django.http import Http404, HttpResponse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dispatch import backpressure, problems, readiness
from dispatch.authentication import Publisher
from dispatch.bodies import read_body
from dispatch.gathering import GATHERS, AwaitingResponse, publish
from dispatch.models import Event
from dispatch.publications import read_publication
from dispatch.serializers import EventSerializer
from subscribers import matching


class PublishView(APIView):
    """`POST /publish`: one event or a list of them; 202 once they are stored."""

    parser_classes = ()  # the body is JSON whatever it says of itself

    def post(self, request: Request) -> HttpResponse:
        meta = request._request.META  # request.headers takes all of them apart to look at one
        received = read_body(request._request)
        # Behind the body: the server closes a connection whose body was not read, and the publisher is to come again.
        backpressure.check()
        publication = read_publication(cast(Publisher, request.user), received, meta.get("HTTP_IDEMPOTENCY_KEY"))
        if publication.events and GATHERS in meta:
            return AwaitingResponse(publication)
        return publish(publication)


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

    def get(self, request: Request) -> HttpResponse:
        obstacles = readiness.obstacles()
        if obstacles:
            return problems.respond(problems.problem(503, " ".join(obstacles)))
        return Response({"status": "ready"})
