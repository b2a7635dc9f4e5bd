"""What progress.js asks for while a replay runs."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse

from dispatch.models import Replay
from dispatch.replays.telling import percent, progress


def progress_view(replays: Any, request: HttpRequest, replay_id: UUID) -> JsonResponse:
    """For those who may see replays."""
    if not replays.has_view_permission(request):
        raise PermissionDenied
    replay = Replay.objects.select_related("subscriber").filter(pk=replay_id).first()
    if replay is None:
        raise Http404
    return JsonResponse({"is_over": not replay.is_running, "percent": percent(replay), "text": progress(replay)})
