"""What else happens to a subscriber: pause, resume, a new secret."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dispatch import resuming
from dispatch.api import permissions, preconditions
from dispatch.api.base import ManagedViewSet
from dispatch.api.serializers.subscribers import (
    PauseSerializer,
    ResumedSerializer,
    ResumeSerializer,
    RotatedSerializer,
    RotationSerializer,
    SubscriberSerializer,
)
from dispatch.signing import public_key
from subscribers.models import Subscriber
from subscribers.secrets import new_private_key, new_shared_secret, rotate


class Lifecycle(ManagedViewSet):
    """Actions of the subscribers' view."""

    needs = {
        "pause": [permissions.CHANGE_SUBSCRIBERS],
        "resume": [permissions.CHANGE_SUBSCRIBERS],
        "rotate_secret": [permissions.CHANGE_SUBSCRIBERS],
    }

    @extend_schema(
        summary="Pause a subscriber",
        description="Its events are held, not lost. One that is paused already stays as it is.",
        tags=["subscribers"],
        request=PauseSerializer,
        responses=SubscriberSerializer,
    )
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: int) -> Response:
        reason = self.checked(PauseSerializer).get("reason") or f"Paused by {self.caller}."
        subscriber: Subscriber = self.get_object()
        Subscriber.objects.filter(pk=subscriber.pk).pause(reason)
        subscriber.refresh_from_db()
        return Response(SubscriberSerializer(subscriber).data, headers={"ETag": preconditions.etag_of(subscriber)})

    @extend_schema(
        summary="Resume a subscriber",
        description="What was held is sent within seconds, or discarded first.",
        tags=["subscribers"],
        request=ResumeSerializer,
        responses=ResumedSerializer,
    )
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: int) -> Response:
        wished: dict[str, Any] = self.checked(ResumeSerializer)
        subscriber: Subscriber = self.get_object()
        resumed = resuming.resume(
            Subscriber.objects.filter(pk=subscriber.pk),
            discard=wished["backlog"] == "discard",
            rate_limit_per_second=wished["rate_limit_per_second"],
        )
        subscriber.refresh_from_db()
        return Response(ResumedSerializer({"discarded": resumed.discarded, "subscriber": subscriber}).data)

    @extend_schema(
        summary="Give a subscriber a new secret",
        description="The secret is in this answer and in no other.",
        tags=["subscribers"],
        request=RotationSerializer,
        responses=RotatedSerializer,
    )
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, pk: int) -> Response:
        wished: dict[str, Any] = self.checked(RotationSerializer)
        subscriber: Subscriber = self.get_object()
        secret = new_private_key() if wished["kind"] == "ed25519" else new_shared_secret()
        rotate(subscriber, secret, timedelta(hours=wished["overlap_hours"]))
        answer = {
            "secret": secret,
            "public_key": public_key(secret),
            "previous_secret_until": subscriber.previous_secret_until,
        }
        return Response(RotatedSerializer(answer).data, headers={"Cache-Control": "no-store"})
