"""How far a replay or a backlog is, as a bar that progress.js keeps up to date: the state is in the database alone."""

from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse

from dispatch.models import Replay
from dispatch.replays.telling import percent, progress


def shown_progress(replay: Replay) -> str:
    """For one that is over, words alone."""
    if not replay.is_running:
        return progress(replay)
    return render_to_string("dispatch/admin/progress.html", _context(replay))


def _context(replay: Replay) -> dict[str, Any]:
    return {
        "url": reverse("admin:dispatch_replay_progress", args=[replay.pk]),
        "percent": percent(replay),
        "text": progress(replay),
        "label": "Progress of the replay",
    }
