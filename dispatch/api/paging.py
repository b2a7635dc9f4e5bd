"""Pages by cursor: each begins behind the last id of the one before, so the thousandth costs what the first does."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import exceptions
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

BAD_CURSOR = "The cursor is none that a page has given."


def _refused(name: str, sentence: str) -> exceptions.ValidationError:
    return exceptions.ValidationError({name: [sentence]})


class NewestFirst(CursorPagination):
    """Ids are unique and grow with time, so no offset is ever needed within equal ones."""

    ordering = "-pk"
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    offset_cutoff = 1
    page_size_query_description = "Entries on a page."
    cursor_query_description = "Where the page begins, as `next` or `previous` of another page says."

    def get_page_size(self, request: Request) -> int:
        given = request.query_params.get(self.page_size_query_param)
        if given is None:
            return self.page_size
        if not (given.isascii() and given.isdigit() and len(given) < 5 and 1 <= int(given) <= self.max_page_size):
            sentence = f"{given[:40]!r} is not a whole number from 1 to {self.max_page_size}."
            raise _refused(self.page_size_query_param, sentence)
        return int(given)

    def decode_cursor(self, request: Request) -> Cursor | None:
        try:
            cursor = super().decode_cursor(request)
        except Exception as error:  # a cursor is text from outside: whatever DRF makes of it, it is a bad cursor
            raise _refused(self.cursor_query_param, BAD_CURSOR) from error
        if cursor and cursor.position is not None:
            self._check(cursor.position)
        return cursor

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        self._pk = queryset.model._meta.pk
        return super().paginate_queryset(queryset, request, view)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        bounds = {"minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        for parameter in parameters:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] |= bounds
        return parameters

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """In the words of OpenAPI 3.1; DRF's are those of 3.0."""
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": {"type": ["string", "null"], "format": "uri", "description": "The page behind this one."},
                "previous": {"type": ["string", "null"], "format": "uri", "description": "The page before this one."},
                "results": schema,
            },
        }

    def _check(self, position: Any) -> None:
        """What is no id would be an error of the database's."""
        try:
            self._pk.clean(position, None)
        except (ValidationError, ValueError) as error:
            raise _refused(self.cursor_query_param, BAD_CURSOR) from error


class OldestFirst(NewestFirst):
    ordering = "pk"
