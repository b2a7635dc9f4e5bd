"""What else happens to a subscriber: pause, resume, a new secret."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from dispatch import resuming
from dispatch.api import permissions, preconditions
from dispatch.api.base import ManagedViewSet
from dispatch.api.headers import ETAG, IF_MATCH
from dispatch.api.problems import ConflictError
from dispatch.api.schema import problems
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
from subscribers.secrets import OverlapRunningError, new_private_key, new_shared_secret, rotate


class Lifecycle(ManagedViewSet):
    """Actions of the subscribers' view."""

    queryset = Subscriber.objects.existing()
    needs = {
        "pause": [permissions.CHANGE_SUBSCRIBERS],
        "resume": [permissions.CHANGE_SUBSCRIBERS],
        "rotate_secret": [permissions.CHANGE_SUBSCRIBERS],
    }

    def locked(self) -> Subscriber:
        """Locked until the transaction ends (SQLite has one lock for all). Raises PreconditionFailedError."""
        self.queryset = Subscriber.objects.existing().select_for_update()
        subscriber: Subscriber = self.get_object()
        preconditions.check(self.request, subscriber)
        return subscriber

    @extend_schema(
        summary="Pause a subscriber",
        description="Its events are held, not lost. One that is paused already stays as it is.",
        tags=["subscribers"],
        parameters=[IF_MATCH, ETAG],
        request=PauseSerializer,
        responses={200: SubscriberSerializer, **problems(412)},
    )
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: int) -> Response:
        reason = self.checked(PauseSerializer).get("reason") or f"Paused by {self.caller}."
        with transaction.atomic():
            subscriber = self.locked()
            Subscriber.objects.filter(pk=subscriber.pk).pause(reason)
            subscriber.refresh_from_db()
        return _answered(SubscriberSerializer(subscriber), subscriber)

    @extend_schema(
        summary="Resume a subscriber",
        description="What was held is sent, oldest first, which begins within seconds, or it is discarded before.",
        tags=["subscribers"],
        parameters=[IF_MATCH, ETAG],
        request=ResumeSerializer,
        responses={200: ResumedSerializer, **problems(412)},
    )
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: int) -> Response:
        wished: dict[str, Any] = self.checked(ResumeSerializer)
        discards, rate = wished["backlog"] == "discard", wished["rate_limit_per_second"]
        with transaction.atomic():
            subscriber = self.locked()
            theirs = Subscriber.objects.filter(pk=subscriber.pk)
            resumed = None if discards else resuming.resume(theirs, rate_limit_per_second=rate)
        # To discard may take long, and nobody is to wait for the lock meanwhile: what changes then is not noticed.
        resumed = resumed or resuming.resume(theirs, discard=True, rate_limit_per_second=rate)
        subscriber.refresh_from_db()
        return _answered(ResumedSerializer({"discarded": resumed.discarded, "subscriber": subscriber}), subscriber)

    @extend_schema(
        summary="Give a subscriber a new secret",
        description="The secret is in this answer and in no other. While the overlap of an earlier rotation runs it is "
        "refused, unless forced.",
        tags=["subscribers"],
        parameters=[IF_MATCH, ETAG],
        request=RotationSerializer,
        responses={200: RotatedSerializer, **problems(409, 412)},
    )
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, pk: int) -> Response:
        wished: dict[str, Any] = self.checked(RotationSerializer)
        secret = new_private_key() if wished["kind"] == "ed25519" else new_shared_secret()
        with transaction.atomic():
            subscriber = self.locked()
            try:
                rotate(subscriber, secret, timedelta(hours=wished["overlap_hours"]), force=wished["force"])
            except OverlapRunningError as error:
                raise ConflictError(str(error)) from error
            subscriber.refresh_from_db()
        answer = {
            "secret": secret,
            "public_key": public_key(secret),
            "previous_secret_until": subscriber.previous_secret_until,
        }
        answered = _answered(RotatedSerializer(answer), subscriber)
        answered["Cache-Control"] = "no-store"
        return answered


def _answered(answer: BaseSerializer[Any], subscriber: Subscriber) -> Response:
    return Response(answer.data, headers={"ETag": preconditions.etag_of(subscriber)})
