"""JSON answers, written without the machinery of renderers: that costs more than what it writes."""

import json
from typing import Any

import orjson
from django.http import HttpResponse


def json_answer(
    content: Any, status: int = 200, content_type: str = "application/json", **headers: str
) -> HttpResponse:
    return HttpResponse(json_bytes(content), status=status, content_type=content_type, headers=headers)


def json_bytes(content: Any) -> bytes:
    try:
        return orjson.dumps(content)
    except TypeError:  # half a character, which a problem may quote from the body
        return json.dumps(content, separators=(",", ":")).encode()
