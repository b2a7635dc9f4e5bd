"""The topics that are known."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from dispatch.api import permissions
from dispatch.api.base import ManagedViewSet
from dispatch.api.serializers.ledger import TopicPageSerializer
from dispatch.models import Event
from dispatch.topics import known_topics
from subscribers.topics import is_pattern

TOPICS = 50


class TopicViewSet(ManagedViewSet):
    pagination_class = None
    filter_backends = ()  # type: ignore[assignment] # none
    needs = {"list": [permissions.SEE_EVENTS]}

    def query_names(self) -> Sequence[str]:
        return ("after",)

    @extend_schema(
        summary="List topics",
        description="Those of the events and those that subscribers want, in the order of their names.",
        tags=["topics"],
        parameters=[OpenApiParameter("after", str, description="The topic behind which the page begins.")],
        responses=TopicPageSerializer,
    )
    def list(self, request: Request) -> Response:
        after = request.query_params.get("after", "")
        if "\x00" in after:
            raise ValidationError({"after": "A topic cannot hold a NUL character."})
        topics = known_topics(TOPICS + 1, after)
        page = {"next": _next(request, topics), "results": [_told(topic) for topic in topics[:TOPICS]]}
        return Response(TopicPageSerializer(page).data)


def _next(request: Request, topics: Sequence[str]) -> str | None:
    if len(topics) <= TOPICS:
        return None
    query = request.query_params.copy()
    query["after"] = topics[TOPICS - 1]
    return str(request.build_absolute_uri(f"?{query.urlencode()}"))


def _told(topic: str) -> dict[str, Any]:
    newest = Event.objects.filter(topic=topic).order_by("-pk").values_list("pk", "received_at").first()
    last_event, last_event_at = newest or (None, None)
    return {
        "topic": topic,
        "is_pattern": is_pattern(topic),
        "last_event": last_event,
        "last_event_at": last_event_at,
    }
