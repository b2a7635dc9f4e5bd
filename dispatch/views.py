"""What publishers call: publish, ask after an event, refresh; and what watches the hub: healthz, readyz."""

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dispatch import backpressure, problems, readiness
from dispatch.authentication import Publisher
from dispatch.bodies import read_body
from dispatch.gathering import GATHERS, AwaitingResponse, publish
from dispatch.metrics import exposition
from dispatch.models import Event
from dispatch.publications import NO_HEADERS, read_publication
from dispatch.serializers import EventSerializer
from subscribers import matching


class HubView(APIView):
    #: Without OPTIONS, to which DRF would answer with a page about the view.
    http_method_names = ["get", "head", "post"]  # as DRF declares it


class PublishView(HubView):
    """`POST /publish`: one event or a list of them; 202 once they are stored."""

    parser_classes = ()  # the body is JSON whatever it says of itself

    def post(self, request: Request) -> HttpResponse:
        meta = request._request.META  # request.headers takes all of them apart to look at one
        received = read_body(request._request)
        # Behind the body: the server closes a connection whose body was not read, and the publisher is to come again.
        backpressure.check()
        headers = _cloudevent_headers(meta) if "HTTP_CE_SPECVERSION" in meta else NO_HEADERS
        key = meta.get("HTTP_IDEMPOTENCY_KEY")
        kind = meta.get("CONTENT_TYPE", "")
        publication = read_publication(cast(Publisher, request.user), received, key, headers, kind).within(meta)
        if publication.events and GATHERS in meta:
            return AwaitingResponse(publication)
        return publish(publication)


def _cloudevent_headers(meta: dict[str, Any]) -> dict[str, str]:
    """The attributes of a CloudEvent in the binary mode, as the headers they came in."""
    attributes = {f"ce-{name[8:].lower()}": value for name, value in meta.items() if name.startswith("HTTP_CE_")}
    return attributes | {"content-type": meta.get("CONTENT_TYPE", "")}


class EventView(HubView):
    """`GET /events/<id>`: what became of an event, for its author."""

    def get(self, request: Request, event_id: UUID) -> Response:
        author = cast(Publisher, request.user).author
        event = Event.objects.filter(pk=event_id, author=author).first()
        if event is None:
            raise Http404("There is no such event of yours.")
        return Response(EventSerializer(event).data)


class RefreshView(HubView):
    """`GET /refresh`: makes every process read the subscribers again."""

    def get(self, request: Request) -> Response:
        matching.refresh()
        return Response({"subscribers": "will be read again by every process before its next publish"})


class MetricsView(HubView):
    """`GET /metrics`: the state of the whole hub, for Prometheus; with SWITCH_METRICS_TOKEN, for who knows it only."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> HttpResponse:
        wanted = settings.SWITCH_METRICS_TOKEN
        given = request._request.META.get("HTTP_AUTHORIZATION", "")
        if wanted and not constant_time_compare(given, f"Bearer {wanted}"):
            return problems.respond(
                problems.problem(401, "Send the header: Authorization: Bearer <SWITCH_METRICS_TOKEN>.")
            )
        return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


class HealthView(HubView):
    """`GET /healthz`: the process answers."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        return Response({"status": "ok"})


class ReadyView(HubView):
    """`GET /readyz`: events can be accepted and are being delivered; else 503 with the reason."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> HttpResponse:
        obstacles = readiness.obstacles()
        if obstacles:
            described = problems.problem(503, " ".join(obstacles))
            return problems.respond(described, **{"Retry-After": str(problems.RETRY_AFTER_SECONDS)})
        return Response({"status": "ready"})
