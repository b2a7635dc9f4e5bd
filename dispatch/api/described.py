"""What the schema says of the paths that publishers and probes call, and of who may call what.

The views themselves know nothing of it. Loaded with the API's URLs, so that drf-spectacular knows these classes.
"""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiViewExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.views import APIView

from dispatch.api.schema import problems
from dispatch.api.serializers.publishing import (
    CloudEventSerializer,
    PublicationSerializer,
    PublishedSerializer,
    RefreshedSerializer,
    StatusSerializer,
)
from dispatch.cloudevents import BATCH_TYPE, STRUCTURED_TYPE
from dispatch.serializers import EventSerializer

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key by the same author gives the first answer again. In a list it is a prefix to the item's "
    "index. The `id` of an event wins over it.",
)


class PublisherScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "dispatch.authentication.PublisherAuthentication"
    name = "publisher"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A publisher's token."}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "dispatch.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A machine's API key, swk_…"}


class StaffScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "dispatch.api.authentication.StaffAuthentication"
    name = "staff"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        text = "A staff user's token from /api/v1/token."
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": text}


class PublishDescribed(OpenApiViewExtension):  # type: ignore[no-untyped-call]
    target_class = "dispatch.views.PublishView"

    def view_replacement(self) -> type[APIView]:
        return _described(
            self.target_class,
            "post",
            operation_id="publish",
            summary="Publish one event, or a list of them",
            description="Stored, and its deliveries with it, before the answer. In a list one bad item does not spoil "
            "the others: each has its own result. The body is read as JSON, whatever its Content-Type says. With the "
            "header `ce-specversion` the request is a CloudEvent in the binary mode: its attributes are headers, and "
            "its body is the data.",
            tags=["publishing"],
            parameters=[IDEMPOTENCY_KEY],
            request={
                "application/json": PublicationSerializer,
                STRUCTURED_TYPE: CloudEventSerializer,
                BATCH_TYPE: CloudEventSerializer(many=True),
            },
            responses={202: PublishedSerializer, **problems(400, 401, 403, 408, 409, 413, 503)},
        )


class EventDescribed(OpenApiViewExtension):  # type: ignore[no-untyped-call]
    target_class = "dispatch.views.EventView"

    def view_replacement(self) -> type[APIView]:
        return _described(
            self.target_class,
            operation_id="event",
            summary="What became of an event of yours",
            tags=["publishing"],
            responses={200: EventSerializer, **problems(401, 404, 503)},
        )


class RefreshDescribed(OpenApiViewExtension):  # type: ignore[no-untyped-call]
    target_class = "dispatch.views.RefreshView"

    def view_replacement(self) -> type[APIView]:
        return _described(
            self.target_class,
            operation_id="refresh",
            summary="Make every process read the subscribers again",
            tags=["publishing"],
            responses={200: RefreshedSerializer, **problems(401, 503)},
        )


class MetricsDescribed(OpenApiViewExtension):  # type: ignore[no-untyped-call]
    target_class = "dispatch.views.MetricsView"

    def view_replacement(self) -> type[APIView]:
        return _described(
            self.target_class,
            operation_id="metrics",
            summary="The state of the whole hub, for Prometheus",
            description="With SWITCH_METRICS_TOKEN it wants that as a bearer token.",
            tags=["probes"],
            auth=[],
            responses={(200, "text/plain"): OpenApiTypes.STR, **problems(401, 503)},
        )


class HealthDescribed(OpenApiViewExtension):  # type: ignore[no-untyped-call]
    target_class = "dispatch.views.HealthView"

    def view_replacement(self) -> type[APIView]:
        return _described(
            self.target_class,
            operation_id="healthz",
            summary="The web server answers",
            tags=["probes"],
            auth=[],
            responses=StatusSerializer,
        )


class ReadyDescribed(OpenApiViewExtension):  # type: ignore[no-untyped-call]
    target_class = "dispatch.views.ReadyView"

    def view_replacement(self) -> type[APIView]:
        return _described(
            self.target_class,
            operation_id="readyz",
            summary="Events can be accepted, and are being delivered",
            tags=["probes"],
            auth=[],
            responses={200: StatusSerializer, **problems(503)},
        )


def _described(view: Any, method: str = "get", **said: Any) -> type[APIView]:
    """A view in the place of `view`, of which the schema says this."""
    answer = getattr(view, method)

    def described(self: Any, request: Any, **kwargs: Any) -> Any:
        return answer(self, request, **kwargs)

    return type(view.__name__, (view,), {method: extend_schema(**said)(described)})
