"""What one step of a replay finds to do, and what came of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.backends.utils import CursorWrapper

from dispatch.queues.base import Job


@dataclass(frozen=True, slots=True)
class Written:
    """How many deliveries a step made, how many it left out for which reason, and the jobs to push for them."""

    done: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    jobs: list[Job] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step:
    """`write` is called in the transaction that moves the cursor there; `is_last` says that it ends the replay.

    `is_empty` says that there was nothing to look at yet.
    """

    cursor: UUID | None
    is_last: bool
    write: Callable[[CursorWrapper], Written]
    is_empty: bool = False
