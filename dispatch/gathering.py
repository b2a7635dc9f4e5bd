"""Publishes of several requests, stored in one transaction: what comes while one commits shares the next commit."""

import logging
from collections.abc import Sequence

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from dispatch import problems
from dispatch.publications import Publication
from dispatch.publishing import IdempotencyConflictError, Result, accept

#: A server sets this in the environ of a publish to say that it will call `store` with the response.
GATHERS = "switch.gathers"

logger = logging.getLogger(__name__)


class AwaitingResponse(HttpResponse):
    """Stands for the answer to a publish whose events are read, and yet to be stored."""

    def __init__(self, publication: Publication) -> None:
        super().__init__()
        self.publication = publication


def store(responses: Sequence[HttpResponseBase]) -> list[HttpResponseBase]:
    """Stores what the responses wait for, and puts the answers in their places; any other response stays."""
    awaiting = [response for response in responses if isinstance(response, AwaitingResponse)]
    answers = iter(_store([response.publication for response in awaiting]))
    return [next(answers) if isinstance(response, AwaitingResponse) else response for response in responses]


def publish(publication: Publication) -> HttpResponse:
    """Stores one publication by itself. Raises what `accept` and `answer` raise."""
    return publication.answer(accept(publication.events) if publication.events else [])


def _store(publications: Sequence[Publication]) -> list[HttpResponse]:
    if len(publications) < 2:
        return list(map(_publish, publications))
    try:
        results = iter(accept([event for publication in publications for event in publication.events]))
    except (OperationalError, InterfaceError) as error:
        return [_failure(error) for _ in publications]
    except Exception:  # noqa: BLE001 - whatever one of them holds, it is no fault of the others
        return list(map(_publish, publications))
    return [_answer(publication, [next(results) for _ in publication.events]) for publication in publications]


def _publish(publication: Publication) -> HttpResponse:
    try:
        return publish(publication)
    except Exception as error:  # noqa: BLE001 - the border behind which each request has its answer
        return _failure(error)


def _answer(publication: Publication, results: list[Result]) -> HttpResponse:
    try:
        return publication.answer(results)
    except IdempotencyConflictError as error:
        return _failure(error)


def _failure(error: Exception) -> HttpResponse:
    answer = problems.exception_handler(error, {})
    if answer is None:
        logger.error("A publish failed.", exc_info=error)
        answer = problems.respond(problems.problem(500, "The server failed; its log says why."))
    return answer
