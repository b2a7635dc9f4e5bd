"""Shows in a terminal how far a replay is."""

import time

from django.core.management.base import OutputWrapper

from dispatch.models import Replay
from dispatch.replays.telling import progress

LOOK_SECONDS = 0.5


def watch(replay: Replay, output: OutputWrapper) -> Replay:
    """Waits until the replay is over, or Ctrl-C, which does not stop it; returns it as it is then."""
    shown = ""
    try:
        while replay.is_running:
            time.sleep(LOOK_SECONDS)
            replay.refresh_from_db()
            if (now := progress(replay)) != shown:
                _show(output, now, len(shown))
                shown = now
    except KeyboardInterrupt:
        pass
    if shown and output.isatty():
        output.write("")
    return replay


def _show(output: OutputWrapper, text: str, last_length: int) -> None:
    """On a terminal in one line, written over; elsewhere a line each."""
    if output.isatty():
        output.write(f"\r{text.ljust(last_length)}", ending="")
    else:
        output.write(text)
    output.flush()
