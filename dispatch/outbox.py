"""For Django projects that have Switch among their apps: an event that is published if, and only if, they commit."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from dispatch.bodies import read_own_event
from dispatch.payloads import PayloadError
from dispatch.publishing import Accepted, IdempotencyConflictError, accept


def publish_on_commit(topic: str, data: Mapping[str, Any], *, author: str = "", key: str | None = None) -> Accepted:
    """Stores the event in the transaction that is open: both are kept, or neither. Delivery begins after the commit.

    `data` is what a publisher would send as the plain form's `data`; dates, UUIDs and decimals go as Django writes them
    in JSON. Raises PayloadError or ContentTooLargeError for what a publish would refuse, and IdempotencyConflictError
    if `key` named another event before.
    """
    text = _as_json(dict(data) if isinstance(data, Mapping) else data)
    result = accept([read_own_event(topic, text, author, key)])[0]
    if isinstance(result, IdempotencyConflictError):
        raise result
    return result


def _as_json(data: object) -> str:
    try:
        return json.dumps(data, cls=DjangoJSONEncoder, allow_nan=False)
    except RecursionError as error:
        raise PayloadError("It is nested too deep.", "data") from error
    except (TypeError, ValueError) as error:
        raise PayloadError(f"It cannot be written as JSON: {error}.", "data") from error
