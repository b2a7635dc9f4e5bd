"""A subscriber as matching sees it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """What matching and a new delivery need of a subscriber. `is_broken`: its filter does not compile."""

    subscriber_id: int
    revision: int
    retry_limit: int
    expression: str
    is_paused: bool
    is_broken: bool

    @property
    def hold_reason(self) -> str:
        if self.is_broken:
            return "broken"
        return "paused" if self.is_paused else ""


def id_of(candidate: Candidate) -> int:
    return candidate.subscriber_id
