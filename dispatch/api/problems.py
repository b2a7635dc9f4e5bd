"""Errors of the management API as application/problem+json, those of fields one by one."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.http import HttpResponse
from rest_framework.exceptions import APIException, Throttled, ValidationError
from rest_framework.fields import get_error_detail
from rest_framework.request import Request

from dispatch import outages, problems
from dispatch.payloads import PayloadError
from dispatch.problems import RETRY_AFTER_SECONDS, ContentTooLargeError, problem, respond
from subscribers.filters import FilterError, compile_filter

REFUSED = "The request is not accepted; `errors` says what is wrong with which field."
EXPRESSIONS = ("filter_expression", "expression")


class ConflictError(APIException):
    """What is there already, or the state it is in, stands in the way."""

    status_code = 409
    default_code = "conflict"


class PreconditionFailedError(APIException):
    """The subscriber is no longer the one that the caller has seen."""

    status_code = 412
    default_code = "precondition_failed"


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """DRF's hook. None lets an unforeseen error become a 500 with its trace in the log."""
    if reason := outages.sentence(error):
        return respond(problem(503, reason), **{"Retry-After": str(RETRY_AFTER_SECONDS)})
    if isinstance(error, ModelValidationError):
        error = ValidationError(get_error_detail(error))
    if isinstance(error, ValidationError):
        return respond(problem(400, REFUSED, errors=list(_told(error.detail, _body(context["request"])))))
    if isinstance(error, Throttled):
        seconds = math.ceil(getattr(error, "wait", None) or 1)
        return respond(problem(429, f"Too many requests: wait {seconds} s."), **{"Retry-After": str(seconds)})
    return problems.exception_handler(error, context)


def _body(request: Request) -> Any:
    """None if it cannot be read: then another fault was found before it was looked at."""
    try:
        return request.data
    except (PayloadError, ContentTooLargeError):
        return None


def _told(detail: Any, data: Any, place: str = "") -> Iterator[dict[str, Any]]:
    """One entry a message. `field` is a path such as `data.headers`, empty for the request as a whole."""
    if isinstance(detail, Mapping):
        for name, below in detail.items():
            is_whole = name in ("non_field_errors", "__all__")
            yield from _told(below, _within(data, name), place if is_whole else f"{place}.{name}".lstrip("."))
    elif isinstance(detail, list):
        for each in detail:
            yield from _told(each, data, place)
    else:
        told = {"field": place, "code": getattr(detail, "code", None) or "invalid", "message": str(detail)}
        yield told | _place_in_filter(place, told["code"], data)


def _within(data: Any, name: Any) -> Any:
    return data.get(name) if isinstance(data, Mapping) else None


def _place_in_filter(field: str, code: str, value: Any) -> dict[str, Any]:
    """Where in a refused expression the fault is, counted from 1."""
    if field not in EXPRESSIONS or code != "filter_refused" or not isinstance(value, str):
        return {}
    try:
        compile_filter(value)
    except FilterError as error:
        return {"line": error.line, "column": error.column, "end_column": error.end_column}
    return {}
