"""ETags of subscribers, and If-Match: who changes one may demand that it is still what it was when it was read."""

from django.utils.http import parse_etags
from rest_framework.request import Request

from dispatch.api.problems import PreconditionFailedError
from subscribers.models import Subscriber


def etag_of(subscriber: Subscriber) -> str:
    """From the revision, which the database stamps at every change, whatever made it."""
    return f'"{subscriber.pk}-{subscriber.revision}"'


def check(request: Request, subscriber: Subscriber) -> None:
    """Raises PreconditionFailedError if the request names other ETags; without If-Match anything goes."""
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return
    if etag_of(subscriber) not in parse_etags(header):
        raise PreconditionFailedError("The subscriber was changed since: read it again, and decide anew.")
