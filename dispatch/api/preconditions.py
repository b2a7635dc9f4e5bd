"""ETags of subscribers, and what requests ask of them: If-Match of who changes one, If-None-Match of who reads it."""

from django.utils.http import parse_etags
from rest_framework.request import Request

from dispatch.api.problems import PreconditionFailedError
from subscribers.models import Subscriber


def etag_of(subscriber: Subscriber) -> str:
    """From the revision, which the database stamps at every change, whatever made it."""
    return f'"{subscriber.pk}-{subscriber.revision}"'


def is_known(request: Request, subscriber: Subscriber) -> bool:
    """Whether If-None-Match names the ETag; `W/` before it makes no difference here (RFC 9110, section 13.1.2)."""
    header = request.headers.get("If-None-Match", "").strip()
    return header == "*" or etag_of(subscriber) in {each.removeprefix("W/") for each in parse_etags(header)}


def check(request: Request, subscriber: Subscriber) -> None:
    """Raises PreconditionFailedError if the request names other ETags; without If-Match anything goes."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return
    if etag_of(subscriber) not in parse_etags(header):
        raise PreconditionFailedError("The subscriber was changed since: read it again, and decide anew.")
