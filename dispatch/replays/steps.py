"""What one step of a replay finds to do."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db.backends.utils import CursorWrapper

from dispatch.replaying import Written


@dataclass(frozen=True, slots=True)
class Step:
    """`write` is called in the transaction that moves the cursor there; `is_last` says that it ends the replay.

    `is_empty` says that there was nothing to look at yet.
    """

    cursor: UUID | None
    is_last: bool
    write: Callable[[CursorWrapper], Written]
    is_empty: bool = False
