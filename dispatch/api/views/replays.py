"""Replays of many: counted, asked for, watched, stopped."""

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dispatch.api import asking, idempotency, permissions
from dispatch.api.base import ReadViewSet
from dispatch.api.headers import IDEMPOTENCY_KEY
from dispatch.api.problems import ConflictError
from dispatch.api.schema import problems
from dispatch.api.serializers.replays import CountedOrAskedSerializer, ReplaySerializer, ReplayWishSerializer
from dispatch.api.serializers.strict import NothingSerializer
from dispatch.models import Replay
from dispatch.replays import requesting
from dispatch.replays.keys import NO_KEY, Key
from dispatch.replays.selecting import count_events, count_replayable
from dispatch.replays.telling import about


@extend_schema_view(
    list=extend_schema(summary="List replays", tags=["replays"]),
    retrieve=extend_schema(summary="Read a replay and how far it is", tags=["replays"]),
)
class ReplayViewSet(ReadViewSet):
    queryset = Replay.objects.select_related("subscriber")
    serializer_class = ReplaySerializer
    lookup_value_converter = "uuid"
    needs = {
        "list": [permissions.SEE_REPLAYS],
        "retrieve": [permissions.SEE_REPLAYS],
        "create": [permissions.REPLAY],
        "stop": [permissions.REPLAY],
    }

    @extend_schema(
        summary="Ask for a replay",
        description="The consumers begin within seconds. With `dry_run` it only counts what would be sent again.",
        tags=["replays"],
        parameters=[IDEMPOTENCY_KEY],
        request=ReplayWishSerializer,
        responses={
            201: OpenApiResponse(ReplaySerializer, "Asked for."),
            200: OpenApiResponse(
                CountedOrAskedSerializer, "Counted, as `dry_run` wished; or the same request, by its key, asked before."
            ),
            **problems(409),
        },
    )
    def create(self, request: Request) -> Response:
        wished = self.checked(ReplayWishSerializer)
        text = idempotency.key_of(request)
        return self._count(wished["wish"]) if wished["dry_run"] else self._ask(wished["wish"], text)

    def _count(self, wished: Replay) -> Response:
        counted = count_events(wished) if wished.kind == Replay.Kind.BACKFILL else count_replayable(wished)
        return Response({"about": about(wished), "count": counted.number, "is_exact": counted.is_exact})

    def _ask(self, wished: Replay, text: str) -> Response:
        key = Key(text, asking.criteria_of(wished)) if text else NO_KEY
        asked, is_new = asking.once(self.caller, key, lambda: requesting.request(wished, self.caller, key))
        location = self.request.build_absolute_uri(f"{self.request.path}/{asked.pk}")
        status = 201 if is_new else 200
        return Response(ReplaySerializer(asked).data, status=status, headers={"Location": location})

    @extend_schema(
        summary="Stop a replay",
        description="It makes no more deliveries. Those that it has made are still sent.",
        tags=["replays"],
        request=None,
        responses={200: ReplaySerializer, **problems(409)},
    )
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: object) -> Response:
        self.checked(NothingSerializer)
        replay: Replay = self.get_object()
        if not requesting.stop(replay.pk):
            raise ConflictError("The replay was over already.")
        replay.refresh_from_db()
        return Response(ReplaySerializer(replay).data)
