"""The OpenAPI schema of whatever is managed: to each operation the problems that it can answer with."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

from dispatch.api.serializers.problems import ProblemSerializer
from dispatch.api.serializers.strict import StrictSerializer

PROBLEM = "application/problem+json"
MEANINGS = {
    400: "What was sent is not accepted; `errors` names the fields.",
    401: "There is no key or token, or it does not hold.",
    403: "The key lacks a scope, or the user a permission.",
    404: "There is no such thing.",
    408: "The body was not complete in time.",
    409: "What is there already, or the state it is in, stands in the way.",
    412: "It was changed since the caller has read it.",
    413: "The body is too large.",
    429: "Too many requests; `Retry-After` says when to come again.",
    503: "The database does not answer.",
}
RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds.", "required": True}}
ALWAYS = (400, 401, 403, 429, 503)
WITH_BODY = ("POST", "PUT", "PATCH")


def problems(*statuses: int) -> dict[tuple[int, str], type[ProblemSerializer]]:
    """For extend_schema's `responses`."""
    return {(status, PROBLEM): ProblemSerializer for status in statuses}


class HubSchema(AutoSchema):
    """The default schema of all views; views that say `tells_problems` get what each of them can answer."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for code in map(str, self._problem_statuses()):
            if code not in bodies:
                bodies[code] = self._get_response_for_code(ProblemSerializer, code, [PROBLEM], direction)  # type: ignore[no-untyped-call] # nor this
        for code, body in bodies.items():
            body["description"] = body.get("description") or MEANINGS.get(int(code), "")
            if code in ("429", "503"):
                body["headers"] = RETRY_AFTER
        return dict(sorted(bodies.items()))

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        mapped: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "request" and isinstance(serializer, StrictSerializer):
            mapped["additionalProperties"] = False
        return mapped

    def _problem_statuses(self) -> tuple[int, ...]:
        if not getattr(self.view, "tells_problems", False):
            return ()
        return (*ALWAYS, *((408, 413) if self.method in WITH_BODY else ()), *((404,) if "{" in self.path else ()))
