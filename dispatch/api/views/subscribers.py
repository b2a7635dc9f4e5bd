"""Subscribers: create, read, update, delete."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from dispatch.api import creating, idempotency, permissions, preconditions
from dispatch.api.base import ReadViewSet
from dispatch.api.filters import SubscriberFilter
from dispatch.api.headers import ETAG, IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH
from dispatch.api.paging import OldestFirst
from dispatch.api.schema import problems
from dispatch.api.serializers.strict import NothingSerializer
from dispatch.api.serializers.subscribers import DEFAULTS, DeletedSerializer, SubscriberSerializer
from dispatch.api.views.lifecycle import Lifecycle
from dispatch.api.views.testing import SubscriberTests
from dispatch.resuming import settle_deleted
from subscribers.models import Subscriber


@extend_schema_view(
    list=extend_schema(summary="List subscribers", tags=["subscribers"]),
    retrieve=extend_schema(
        summary="Read a subscriber",
        tags=["subscribers"],
        parameters=[IF_NONE_MATCH, ETAG],
        responses={200: SubscriberSerializer, 304: OpenApiResponse(description="It is what If-None-Match says.")},
    ),
)
class SubscriberViewSet(Lifecycle, SubscriberTests, ReadViewSet):
    serializer_class = SubscriberSerializer
    filterset_class = SubscriberFilter
    pagination_class = OldestFirst
    lookup_value_converter = "id"
    needs = {
        "list": [permissions.SEE_SUBSCRIBERS],
        "retrieve": [permissions.SEE_SUBSCRIBERS],
        "create": [permissions.ADD_SUBSCRIBERS],
        "update": [permissions.CHANGE_SUBSCRIBERS],
        "partial_update": [permissions.CHANGE_SUBSCRIBERS],
        "destroy": [permissions.DELETE_SUBSCRIBERS],
        **Lifecycle.needs,
        **SubscriberTests.needs,
    }

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        subscriber = self.get_object()
        if preconditions.is_known(request, subscriber):
            return Response(status=304, headers={"ETag": preconditions.etag_of(subscriber)})
        return self.shown(subscriber)

    @extend_schema(
        summary="Create a subscriber",
        tags=["subscribers"],
        parameters=[IDEMPOTENCY_KEY, ETAG],
        responses={
            201: OpenApiResponse(SubscriberSerializer, "Created."),
            200: OpenApiResponse(SubscriberSerializer, "The same request, by its key or its name, created it before."),
            **problems(409),
        },
    )
    def create(self, request: Request) -> Response:
        fields = self.checked(SubscriberSerializer)
        subscriber, is_new = creating.create(fields, self.caller, idempotency.key_of(request))
        answer = self.shown(subscriber, 201 if is_new else 200)
        answer["Location"] = request.build_absolute_uri(f"{request.path}/{subscriber.pk}")
        return answer

    @extend_schema(
        summary="Replace a subscriber",
        description="What is left out gets its default; only the secret stays.",
        tags=["subscribers"],
        parameters=[IF_MATCH, ETAG],
        responses={200: SubscriberSerializer, **problems(412)},
    )
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._change(DEFAULTS, is_partial=False)

    @extend_schema(
        summary="Change a subscriber",
        tags=["subscribers"],
        parameters=[IF_MATCH, ETAG],
        responses={200: SubscriberSerializer, **problems(412)},
    )
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._change({}, is_partial=True)

    @extend_schema(
        summary="Delete a subscriber",
        description="Softly: its deliveries stay; those that wait are cancelled, and the answer says how many.",
        tags=["subscribers"],
        parameters=[IF_MATCH],
        responses={200: OpenApiResponse(DeletedSerializer, "Deleted."), **problems(412)},
    )
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.checked(NothingSerializer)
        with transaction.atomic():
            subscriber = self.locked()
            subscriber.delete()
        return Response(DeletedSerializer({"cancelled": settle_deleted([subscriber.pk])}).data)

    def _change(self, defaults: dict[str, Any], *, is_partial: bool) -> Response:
        """Writes only what is given or has a default: a pause that came meanwhile stays."""
        with transaction.atomic():
            subscriber = self.locked()
            serializer = self.get_serializer(subscriber, data=self.request.data, partial=is_partial)
            serializer.is_valid(raise_exception=True)
            fields = defaults | serializer.validated_data
            creating.check_name(fields.get("name", ""), subscriber)
            for name, value in fields.items():
                setattr(subscriber, name, value)
            if fields:
                subscriber.save(update_fields=list(fields))
            subscriber.refresh_from_db()
        return self.shown(subscriber)

    def shown(self, subscriber: Subscriber, status: int = 200) -> Response:
        answer = SubscriberSerializer(subscriber, context=self.get_serializer_context()).data
        return Response(answer, status=status, headers={"ETag": preconditions.etag_of(subscriber)})
