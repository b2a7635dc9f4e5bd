"""What a scenario yields: the figures, their units, and how each is compared."""

from enum import StrEnum


class Figure(StrEnum):
    """The unit is in the name; `_times` is a ratio to the same figure of another scenario."""

    PUBLISHED = "published_per_second"
    ANSWER_P50 = "answer_p50_ms"
    ANSWER_P99 = "answer_p99_ms"
    ANSWER_P50_TIMES = "answer_p50_times"
    #: From the first publish until the receiver has seen the last delivery.
    DELIVERED = "delivered_per_second"
    #: From the first delivery that the receiver saw until the last.
    DRAINED = "drained_per_second"
    #: From the moment the publish was due until the receiver saw the delivery.
    DELIVERY_P50 = "delivery_p50_ms"
    DELIVERY_P99 = "delivery_p99_ms"
    DELIVERY_P99_TIMES = "delivery_p99_times"
    #: Finding the subscribers of one event, in a process that knows them.
    MATCH_P50 = "match_p50_ms"
    MATCH_P50_TIMES = "match_p50_times"
    #: The part of the accepted events whose deliveries came.
    KEPT = "kept_share"
    #: Resident memory of the largest consumer process at the end.
    MEMORY = "consumer_mib"

    @property
    def is_rate(self) -> bool:
        return self.value.endswith("_per_second")

    @property
    def is_time(self) -> bool:
        return self.value.endswith("_ms")

    @property
    def is_better_high(self) -> bool:
        return self.is_rate or self is Figure.KEPT

    @property
    def noise(self) -> float:
        """By how much it may differ between two runs of the same code on a quiet machine: the tail most."""
        if "p99" in self.value:
            return 0.5
        return 0.05 if self in (Figure.MEMORY, Figure.KEPT) else 0.15


#: The figures that are also told as a ratio to those of the scenario that this one is held against.
TIMES = {
    Figure.ANSWER_P50: Figure.ANSWER_P50_TIMES,
    Figure.DELIVERY_P99: Figure.DELIVERY_P99_TIMES,
    Figure.MATCH_P50: Figure.MATCH_P50_TIMES,
}


def relative(figure: Figure, value: float, reference: float) -> float:
    """A rate in units of `reference` (requests a second); a time in units of what one such request takes.

    What has no such unit, as memory or a ratio, stays as it is.
    """
    if figure.is_rate:
        return value / reference
    return value / 1000 * reference if figure.is_time else value


def absolute(figure: Figure, ratio: float, reference: float) -> float:
    """The value that has this ratio to `reference`."""
    if figure.is_rate:
        return ratio * reference
    return ratio * 1000 / reference if figure.is_time else ratio
