"""Short-lived tokens for staff users, by simplejwt; and the answer at addresses that are none."""

from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView
from rest_framework_simplejwt.views import TokenObtainPairView

from dispatch.api.parsing import StrictJSONParser
from dispatch.api.problems import exception_handler
from dispatch.api.querying import StrictQueryView
from dispatch.api.serializers.tokens import (
    AccessTokenSerializer,
    RefreshSerializer,
    SignInSerializer,
    TokenPairSerializer,
)


class SignInView(StrictQueryView, TokenObtainPairView):
    """For those who have no token yet: few requests, so that passwords are not guessed."""

    serializer_class: Any = SignInSerializer
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "api_sign_in"
    parser_classes = (StrictJSONParser,)
    metadata_class = None
    tells_problems = True

    def get_exception_handler(self) -> Any:
        return exception_handler

    @extend_schema(
        summary="Sign in",
        description="A staff user's name and password for a pair of tokens.",
        tags=["tokens"],
        auth=[],
        request=SignInSerializer,
        responses=TokenPairSerializer,
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        answer = super().post(request, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        return answer


class RefreshTokenView(SignInView):
    serializer_class = RefreshSerializer

    @extend_schema(
        summary="Refresh an access token",
        tags=["tokens"],
        auth=[],
        request=RefreshSerializer,
        responses=AccessTokenSerializer,
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request, *args, **kwargs)


class NowhereView(APIView):
    """Any other address below `/api/`."""

    authentication_classes = ()
    permission_classes = ()
    metadata_class = None
    schema = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Whatever the method."""
        self.http_method_names = [request.method.lower()]
        setattr(self, request.method.lower(), self._refuse)
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value] # a response of either kind

    def _refuse(self, request: Request, **kwargs: Any) -> Response:
        raise Http404("There is nothing at this address.")
