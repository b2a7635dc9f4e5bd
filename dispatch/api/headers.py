"""Headers of requests and answers, as the schema describes them."""

from drf_spectacular.utils import OpenApiParameter

from dispatch.api.idempotency import HEADER

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The ETag it must still have; without it anything goes."
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="An ETag that is known; if it is still that, the answer is 304.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER, str, OpenApiParameter.HEADER, description="The same request with the same key does its work once."
)
ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201],
    required=True,
    description="For If-Match and If-None-Match.",
)
