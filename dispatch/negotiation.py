"""In which form an answer comes. JSON, mostly: a publish must not fail for its `Accept` header."""

from collections.abc import Iterable

from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class AlwaysTheFirst(BaseContentNegotiation):
    """Takes the first parser and the first renderer of a view."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""


class AsAskedFor(DefaultContentNegotiation):
    """As `?format=` says, or else the Accept header; the first renderer if neither does."""

    def get_accept_list(self, request: Request) -> list[str]:
        if self.settings.URL_FORMAT_OVERRIDE in request.query_params:
            return ["*/*"]
        accepted: list[str] = super().get_accept_list(request)
        return accepted
