"""Says in words what a replay is about and how far it is."""

from dispatch.models import Delivery, Replay
from dispatch.outcomes import UNSENT

LATER = "No consumer is running: it begins once one does."


def about(replay: Replay, *, is_one: bool = False) -> str:
    """Such as: dead deliveries of billing since 2026-01-31 08:00:00. `is_one` says that it is about one alone."""
    if replay.kind == Replay.Kind.BACKFILL:
        return f"past {'event' if is_one else 'events'} on {replay.topic} for {replay.subscriber}{_since(replay)}"
    if not replay.has_criteria:
        return "chosen deliveries"
    whose = f" of {replay.subscriber}" if replay.subscriber else ""
    topic = f" on {replay.topic}" if replay.topic else ""
    until = f" until {replay.until:%Y-%m-%d %H:%M:%S}" if replay.until else ""
    why = f" because {Delivery.Reason(replay.reason).label}" if replay.reason else ""
    what = f"{replay.state or 'settled'} {'delivery' if is_one else 'deliveries'}{_with_result(replay, is_one)}"
    return f"{what}{whose}{topic}{_since(replay)}{until}{why}"


def _with_result(replay: Replay, is_one: bool) -> str:
    """Such as: with status 503; with status 5xx; with error connect; that were not sent."""
    if replay.error == UNSENT:
        return " that was not sent" if is_one else " that were not sent"
    if replay.error:
        return f" with error {replay.error.replace('_', ' ')}"
    if replay.status_from is None:
        return ""
    first, last = replay.status_from, replay.status_to
    if first == last:
        return f" with status {first}"
    is_kind = first % 100 == 0 and last == first + 99
    return f" with status {first // 100}xx" if is_kind else f" with status {first} to {last}"


def _since(replay: Replay) -> str:
    return f" since {replay.since:%Y-%m-%d %H:%M:%S}" if replay.since else ""


def progress(replay: Replay) -> str:
    """Such as: 1,200 made, 3 left out of 4,000 (30%)."""
    made = f"{replay.done:,} made"
    left_out = f", {replay.left_out:,} left out" if replay.left_out else ""
    share = percent(replay)
    of = f" of {replay.total:,} ({share}%)" if replay.total and share is not None else ""
    return f"{made}{left_out}{of}"


def percent(replay: Replay) -> int | None:
    """None where the total is not known. What grew meanwhile does not lead beyond 100."""
    if replay.total is None:
        return None
    return min(100, 100 * (replay.done + replay.left_out) // replay.total) if replay.total else 100


def speed(replay: Replay) -> str:
    return f"{replay.rate_per_second:g} a second" if replay.rate_per_second else "as fast as it goes"


def refusals(replay: Replay) -> str:
    """Such as: 3 not settled yet, 1 its subscriber is deleted."""
    return ", ".join(f"{count:,} {reason}" for reason, count in replay.refused.items())
