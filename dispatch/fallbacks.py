"""What Django answers where no view does: problems for publishers and probes, pages for the admin."""

import sys
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from dispatch import outages, refusals
from dispatch.problems import RETRY_AFTER_SECONDS, problem

PAGES = "/admin"
NOT_FOUND = "There is nothing at this address. Events are published by POST /publish."
BAD_REQUEST = "The request cannot be read, or names a host that this hub does not answer to (SWITCH_ALLOWED_HOSTS)."
SERVER_ERROR = "The hub met an error of its own, which its log tells."


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(PAGES):
        return defaults.bad_request(request, exception)
    return _refused(400, BAD_REQUEST)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(PAGES):
        return defaults.page_not_found(request, exception)
    return _refused(404, NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    if reason := outages.sentence(sys.exc_info()[1]):  # Django calls this where it has caught the error
        return _unavailable(request, reason)
    if request.path.startswith(PAGES):
        return defaults.server_error(request)
    return _answer(problem(500, SERVER_ERROR))


def _unavailable(request: HttpRequest, reason: str) -> HttpResponse:
    if request.path.startswith(PAGES):
        response = HttpResponse(reason, status=503, content_type="text/plain; charset=utf-8")
    else:
        response = _answer(problem(503, reason))
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _refused(status: int, detail: str) -> HttpResponse:
    described = problem(status, detail)
    refusals.note(described)
    response = _answer(described)
    response._has_been_logged = True  # type: ignore[attr-defined] # by the line above, with the reason
    return response


def _answer(described: dict[str, Any]) -> HttpResponse:
    return JsonResponse(described, status=described["status"], content_type="application/problem+json")
