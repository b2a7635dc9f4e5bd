"""Asked before a change: test sending, explaining, back-testing; of a subscriber, or of what is not saved yet."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from dispatch import trying
from dispatch.api import permissions
from dispatch.api.base import ManagedViewSet
from dispatch.api.serializers.testing import (
    BackTestSerializer,
    BackTestWishSerializer,
    ExplanationSerializer,
    ExplanationWishSerializer,
    TrialSerializer,
    TrialWishSerializer,
    UnsavedBackTestSerializer,
    UnsavedExplanationSerializer,
    shown_trial,
)
from dispatch.backtesting import back_test
from dispatch.ledger.loading import LoadedEvent
from dispatch.models import Event
from dispatch.payloads import parse_json, to_text
from dispatch.revealing import Veil
from dispatch.turns import BusyError, turn
from subscribers.filters import FilterError
from subscribers.filters.explaining import explain
from subscribers.models import Subscriber

#: Whoever asks an event by expressions of his own gets at what is masked, question by question.
ASK_ANYTHING = [permissions.CHANGE_SUBSCRIBERS, permissions.SEE_EVENTS]


class SubscriberTests(ManagedViewSet):
    """Actions of the subscribers' view."""

    needs = {
        "test": [permissions.CHANGE_SUBSCRIBERS],
        "explain": [permissions.SEE_SUBSCRIBERS],
        "back_test": ASK_ANYTHING,
    }

    @extend_schema(
        summary="Send a test",
        description="Sends a sample, an event that is there or data of your own to the subscriber's URL now, and tells "
        "what came back. It is no delivery: nothing is retried, and nothing counts. It takes at most 10 seconds.",
        tags=["subscribers"],
        request=TrialWishSerializer,
        responses=TrialSerializer,
    )
    @action(detail=True, methods=["post"], throttle_scope="api_tests")
    def test(self, request: Request, pk: int) -> Response:
        subscriber: Subscriber = self.get_object()
        given = self.checked(TrialWishSerializer)
        if "event" in given:
            self.demand(permissions.SEE_EVENTS)
        with _turn():
            return Response(shown_trial(trying.try_out(subscriber, _event(subscriber, given), self.caller)))

    @extend_schema(
        summary="Explain a filter",
        description="What each part of the subscriber's filter, or of another one, comes to for an event or data.",
        tags=["subscribers"],
        request=ExplanationWishSerializer,
        responses=ExplanationSerializer,
    )
    @action(detail=True, methods=["post"], throttle_scope="api_tests")
    def explain(self, request: Request, pk: int) -> Response:
        subscriber: Subscriber = self.get_object()
        given = self.checked(ExplanationWishSerializer)
        if "event" in given:
            self.demand(permissions.SEE_EVENTS)
        if "event" in given and "expression" in given:
            self.demand(permissions.CHANGE_SUBSCRIBERS)
        return _explained(given.get("expression", subscriber.filter_expression), given)

    @extend_schema(
        summary="Back-test a filter",
        description="What another expression would take of the newest 1,000 events of the subscriber's topic, or of as "
        "many as two seconds suffice for, and what it would gain and lose against the saved one.",
        tags=["subscribers"],
        request=BackTestWishSerializer,
        responses=BackTestSerializer,
    )
    @action(detail=True, methods=["post"], url_path="back-test", throttle_scope="api_tests")
    def back_test(self, request: Request, pk: int) -> Response:
        subscriber: Subscriber = self.get_object()
        expression = self.checked(BackTestWishSerializer)["expression"]
        with _turn():
            found = back_test(subscriber.topic, expression, subscriber.filter_expression)
        return Response(BackTestSerializer(found).data)


class ExplainViewSet(ManagedViewSet):
    throttle_scope = "api_tests"
    needs = {"create": [permissions.SEE_SUBSCRIBERS]}

    @extend_schema(
        summary="Explain an expression",
        description="As for a subscriber, before there is one.",
        operation_id="explain",
        tags=["filters"],
        request=UnsavedExplanationSerializer,
        responses={200: ExplanationSerializer},
    )
    def create(self, request: Request) -> Response:
        given = self.checked(UnsavedExplanationSerializer)
        if "event" in given:
            self.demand(permissions.SEE_EVENTS)
            self.demand(permissions.CHANGE_SUBSCRIBERS)
        return _explained(given["expression"], given)


class BackTestViewSet(ManagedViewSet):
    throttle_scope = "api_tests"
    needs = {"create": ASK_ANYTHING}

    @extend_schema(
        summary="Back-test an expression",
        description="As for a subscriber, before there is one: everything that it takes is gained.",
        operation_id="back_test",
        tags=["filters"],
        request=UnsavedBackTestSerializer,
        responses={200: BackTestSerializer},
    )
    def create(self, request: Request) -> Response:
        given = self.checked(UnsavedBackTestSerializer)
        with _turn():
            return Response(BackTestSerializer(back_test(given["topic"], given["expression"])).data)


@contextmanager
def _turn() -> Iterator[None]:
    """Raises Throttled if others are at it."""
    try:
        with turn():
            yield
    except BusyError as error:
        raise Throttled(wait=1) from error


def _event(subscriber: Subscriber, given: Mapping[str, Any]) -> LoadedEvent:
    event = given.get("event")
    if isinstance(event, Event):
        return LoadedEvent(event.pk, event.topic, event.author, event.payload)
    sample = trying.sample(subscriber)
    return trying.made_event(sample.topic, to_text(given["data"])) if "data" in given else sample


def _explained(expression: str, given: Mapping[str, Any]) -> Response:
    event = given.get("event")
    data = parse_json(event.payload) if isinstance(event, Event) else given["data"]
    try:
        explained = explain(expression, data)
    except FilterError as error:  # a stored one, which plain SQL has written
        raise ValidationError({"expression": [error.pointed()]}, code="filter_refused") from error
    answer = {
        "expression": expression,
        "holds": explained.verdict == "true",
        "explanation": Veil(data).shown(explained),
    }
    return Response(ExplanationSerializer(answer).data)
