"""What stands behind the `?` of an address: only what the view reads, and each once."""

from collections.abc import Sequence
from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from dispatch.api.unknown import refusals


class StrictQueryView(APIView):
    """Refuses query parameters that the view does not name, once the caller is known to be allowed."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in self.allowed_methods and request.method != "OPTIONS":  # others become a 405
            check_query(request, self.query_names())

    def query_names(self) -> Sequence[str]:
        """What may be asked for; nothing, unless a view says otherwise."""
        return ()


def check_query(request: Request, known: Sequence[str]) -> None:
    """Raises ValidationError for names that are not known, and for those that come more than once."""
    given = request.query_params
    if unknown := [name for name in given if name not in known]:
        raise ValidationError(refusals(unknown, known, "query parameter"))
    if repeated := [name for name, values in given.lists() if len(values) > 1]:
        raise ValidationError({name: [ErrorDetail("Give it once.", "repeated")] for name in repeated})
