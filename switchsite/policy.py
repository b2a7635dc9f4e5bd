"""What a page of the hub may load and do in a browser: its own files alone, and no script that stands in the page."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

# `unsafe-inline` for styles: the theme sets colours and widths in the page. No script comes that way.
DIRECTIVES = (
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)
POLICY = "; ".join(DIRECTIVES)

Handler = Callable[[HttpRequest], HttpResponseBase]


def content_security_policy(get_response: Handler) -> Handler:
    """The middleware. What is no page, such as JSON, needs no policy; publishers come by no middleware at all."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            response["Content-Security-Policy"] = POLICY
        return response

    return answer
