"""The ledger: events, deliveries with what an operator does to them, attempts."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dispatch import intervening
from dispatch.api import permissions
from dispatch.api.base import ReadViewSet
from dispatch.api.filters import AttemptFilter, DeliveryFilter, EventFilter
from dispatch.api.problems import ConflictError
from dispatch.api.schema import problems
from dispatch.api.serializers.ledger import (
    AttemptListSerializer,
    AttemptSerializer,
    DeliverySerializer,
    EventListSerializer,
    EventSerializer,
)
from dispatch.api.serializers.strict import NothingSerializer
from dispatch.models import Attempt, Delivery, Event
from dispatch.replaying import replay


@extend_schema_view(
    list=extend_schema(summary="List events", tags=["events"]),
    retrieve=extend_schema(summary="Read an event with its deliveries", tags=["events"]),
)
class EventViewSet(ReadViewSet):
    queryset = Event.objects.all()
    filterset_class = EventFilter
    lookup_value_converter = "uuid"
    needs = {"list": [permissions.SEE_EVENTS], "retrieve": [permissions.SEE_EVENTS, permissions.SEE_DELIVERIES]}

    def get_queryset(self) -> QuerySet[Event]:
        return Event.objects.defer("payload", "attributes") if self.action == "list" else Event.objects.all()

    def get_serializer_class(self) -> Any:
        return EventListSerializer if self.action == "list" else EventSerializer


@extend_schema_view(
    list=extend_schema(summary="List deliveries", tags=["deliveries"]),
    retrieve=extend_schema(summary="Read a delivery", tags=["deliveries"]),
)
class DeliveryViewSet(ReadViewSet):
    queryset = Delivery.objects.all()
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    lookup_value_converter = "uuid"
    needs = {
        "list": [permissions.SEE_DELIVERIES],
        "retrieve": [permissions.SEE_DELIVERIES],
        "try_now": [permissions.REPLAY],
        "stop_trying": [permissions.REPLAY],
        "replay": [permissions.REPLAY],
    }

    @extend_schema(
        summary="Try a delivery now",
        description=(
            "One that waits for its next attempt becomes due. For one that is held because its subscriber kept "
            "failing, the subscriber is tried at once, with this delivery or another."
        ),
        tags=["deliveries"],
        request=None,
        responses={200: DeliverySerializer, **problems(409)},
    )
    @action(detail=True, methods=["post"], url_path="try-now")
    def try_now(self, request: Request, pk: Any) -> Response:
        return self._intervene(intervening.try_now)

    @extend_schema(
        summary="Stop trying a delivery",
        description="One that waits is cancelled. It can be replayed.",
        tags=["deliveries"],
        request=None,
        responses={200: DeliverySerializer, **problems(409)},
    )
    @action(detail=True, methods=["post"], url_path="stop-trying")
    def stop_trying(self, request: Request, pk: Any) -> Response:
        return self._intervene(intervening.stop_trying)

    @extend_schema(
        summary="Replay a delivery",
        description="Sends one that is settled again, as a new delivery with the same webhook-id.",
        tags=["deliveries"],
        request=None,
        responses={201: OpenApiResponse(DeliverySerializer, "The new delivery."), **problems(409)},
    )
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: Any) -> Response:
        self.checked(NothingSerializer)
        replayed = replay([self.get_object().pk], self.caller)
        if not replayed.deliveries:
            raise ConflictError(f"It was not replayed: {', '.join(replayed.refused)}.")
        return Response(DeliverySerializer(replayed.deliveries[0]).data, status=201)

    def _intervene(self, act: Any) -> Response:
        self.checked(NothingSerializer)
        delivery: Delivery = self.get_object()
        try:
            act(delivery.pk)
        except intervening.NotWaitingError as error:
            raise ConflictError(str(error)) from error
        delivery.refresh_from_db()
        return Response(DeliverySerializer(delivery).data)


@extend_schema_view(
    list=extend_schema(summary="List attempts", tags=["attempts"]),
    retrieve=extend_schema(summary="Read an attempt", tags=["attempts"]),
)
class AttemptViewSet(ReadViewSet):
    queryset = Attempt.objects.all()
    filterset_class = AttemptFilter
    lookup_value_converter = "id"
    needs = {"list": [permissions.SEE_ATTEMPTS], "retrieve": [permissions.SEE_ATTEMPTS]}

    def get_queryset(self) -> QuerySet[Attempt]:
        texts = ("request_headers", "response_headers", "response_body")
        return Attempt.objects.defer(*texts) if self.action == "list" else Attempt.objects.all()

    def get_serializer_class(self) -> Any:
        return AttemptListSerializer if self.action == "list" else AttemptSerializer
