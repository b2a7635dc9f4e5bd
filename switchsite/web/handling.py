"""Which of Django's handlers a request goes to: publishers and probes need no middleware, browsers need all of it."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from dispatch.gathering import AwaitingResponse

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

API_URLS = "dispatch.urls"
#: Asked by machines at an address, which no setting of names can know: probes, and Prometheus.
HOSTLESS_PATHS = {"/healthz", "/readyz", "/metrics"}
API_PATHS = {"/publish", "/refresh"} | HOSTLESS_PATHS
API_PREFIX = "/events/"


def is_api(path: str) -> bool:
    return path in API_PATHS or path.startswith(API_PREFIX)


class ApiHandler(WSGIHandler):
    """Django without middleware: sessions, CSRF and messages are of no use to a caller with a token."""

    def load_middleware(self, is_async: bool = False) -> None:
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        self._middleware_chain = convert_exception_to_response(self._answer)

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        response = super().get_response(request)
        response["X-Content-Type-Options"] = "nosniff"
        if isinstance(response, HttpResponse) and not isinstance(response, AwaitingResponse):
            response["Content-Length"] = str(len(response.content))
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        if settings.ALLOWED_HOSTS != ["*"] and request.path_info not in HOSTLESS_PATHS:
            request.get_host()  # raises DisallowedHost; CommonMiddleware does it elsewhere
        request.urlconf = API_URLS
        response: HttpResponseBase = self._get_response(request)  # type: ignore[attr-defined] # missing in its stubs
        return response


class Application:
    """The WSGI application: Django with or without middleware, by path."""

    def __init__(self, browsers: WSGIHandler) -> None:
        self.browsers = browsers
        self.api = ApiHandler()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        handler = self.api if is_api(environ["PATH_INFO"]) else self.browsers
        return handler(environ, start_response)
