"""Every error as application/problem+json (RFC 9457): the one border between exceptions and HTTP answers."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from rest_framework.exceptions import APIException, NotAuthenticated

from dispatch import outages, refusals
from dispatch.answers import json_answer
from dispatch.backpressure import LimitReachedError
from dispatch.payloads import PayloadError
from dispatch.publishing import IdempotencyConflictError

RETRY_AFTER_SECONDS = 2
#: A limit of storage takes longer to be left than a database to be back.
RETRY_AFTER_LIMIT_SECONDS = 10
MAX_QUOTED = 1_000
REPEAT = "The event may or may not be stored: repeat the request with the same Idempotency-Key."
HOW_TO_SIGN = "There is no token. Send the header: Authorization: Bearer <token>."


class ContentTooLargeError(Exception):
    """The body or an event is over its limit; the text says which."""


class TopicForbiddenError(Exception):
    """The token may not publish on the topic."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"The token may not publish on the topic {topic!r}.")


def problem(status: int, detail: str, **more: Any) -> dict[str, Any]:
    """A problem object; `more` are extension members, left out if empty."""
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "detail": _writable(detail)} | {
        key: _writable(value) for key, value in more.items() if value
    }


def _writable(value: Any) -> Any:
    """A text may quote half a character, which UTF-8 cannot write, or a name of a megabyte."""
    return value[:MAX_QUOTED].encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def describe(error: Exception) -> dict[str, Any] | None:
    """The problem that one of our own exceptions means, or None for any other."""
    match error:
        case PayloadError():
            return problem(400, error.message, place=error.place)
        case ContentTooLargeError():
            return problem(413, str(error))
        case TopicForbiddenError():
            return problem(403, str(error))
        case IdempotencyConflictError():
            return problem(409, str(error), event=str(error.event_id))
    return None


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """DRF's hook. None lets an unforeseen error become a 500 with its trace in the log."""
    if outages.sentence(error):
        return _unavailable(error)
    if isinstance(error, LimitReachedError):
        return _limited(error)
    if isinstance(error, (Http404, PermissionDenied)):
        status = 404 if isinstance(error, Http404) else 403
        return respond(problem(status, str(error) or HTTPStatus(status).phrase))
    if isinstance(error, APIException):
        return _from_rest_framework(error)
    described = describe(error)
    return respond(described) if described else None


def respond(described: dict[str, Any], **headers: str) -> HttpResponse:
    response = json_answer(described, described["status"], "application/problem+json", **headers)
    if described["status"] < 500:
        refusals.note(described)
        response._has_been_logged = True  # type: ignore[attr-defined] # by the line above, with the reason
    return response


def _unavailable(error: Exception) -> HttpResponse:
    outages.database.note(error)
    reason = outages.sentence(error)
    detail = f"{reason} {REPEAT}" if reason == outages.AWAY else f"{reason}"
    return _refused_for_now(problem(503, detail), RETRY_AFTER_SECONDS)


def _limited(error: LimitReachedError) -> HttpResponse:
    described = problem(503, str(error), limit=error.setting)
    return _refused_for_now(described, RETRY_AFTER_LIMIT_SECONDS)


def _refused_for_now(described: dict[str, Any], seconds: int) -> HttpResponse:
    """Not a line of the log for each: that the state has changed was told once."""
    response = respond(described, **{"Retry-After": str(seconds)})
    response._has_been_logged = True  # type: ignore[attr-defined] # Django's own mark
    return response


def _from_rest_framework(error: APIException) -> HttpResponse:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    detail = HOW_TO_SIGN if isinstance(error, NotAuthenticated) else str(error.detail)
    return respond(problem(error.status_code, detail), **headers)
