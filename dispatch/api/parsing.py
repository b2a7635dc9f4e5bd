"""Bodies of the management API: JSON whatever the Content-Type says, within the size of an event."""

import math
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from dispatch.payloads import LONE_SURROGATE, PayloadError, check_depth, check_json, decode, parse_json
from dispatch.problems import ContentTooLargeError

#: What a request may hold besides an event's data.
MARGIN = 64 * 1024


class StrictJSONParser(BaseParser):
    """Raises PayloadError, also for a key that comes twice, or ContentTooLargeError."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.SWITCH_EVENT_MAX_BYTES + MARGIN
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise ContentTooLargeError(f"The body has more than the {limit} bytes allowed.")
        text = decode(body)
        parsed = parse_json(text) if text.strip() else {}
        if isinstance(parsed, (dict, list)):
            check_depth(parsed)
        if problem := _unwritable(parsed):
            raise PayloadError(problem)
        check_json(text, parsed)
        return parsed


def _unwritable(parsed: Any) -> str:
    """What of it an answer, or a database, could not write; empty if it could all of it."""
    waiting = [parsed]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str) and LONE_SURROGATE.search(node):
            return "It holds half a character (a lone surrogate), which UTF-8 cannot write."
        if isinstance(node, float) and math.isinf(node):
            return "It holds a number that is too large."
        if isinstance(node, dict):
            waiting += [*node, *node.values()]
        elif isinstance(node, list):
            waiting += node
    return ""
