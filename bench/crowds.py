"""Who takes the events of a scenario: subscribers that are alike, and how they behave."""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.receiver import Receiver
from bench.seeding import NewSubscriber

#: What the peers' runs used; below the hub's own time-out of 30 s, so that an answer comes in the end.
HANGING = "hang_seconds=25"
FAILING = "status=500"
SLOW = "delay_ms=1000"


@dataclass(frozen=True)
class Crowd:
    """`count` subscribers of one kind. Only what reaches the `is_awaited` ones counts, and is waited for.

    `behaviour` is the query by which the receiver behaves; a crowd with a dead `domain` lives at names below it that
    do not resolve. In the filter `{number}` is the subscriber's own.
    """

    count: int
    name: str = "good"
    filter_expression: str = ""
    behaviour: str = ""
    domain: str = ""
    is_awaited: bool = True

    def subscribers(self, topic: str, receiver: Receiver) -> Iterator[NewSubscriber]:
        for number in range(self.count):
            expression = self.filter_expression.replace("{number}", str(number))
            yield NewSubscriber(topic, expression, self._url(number, topic, receiver))

    def _url(self, number: int, topic: str, receiver: Receiver) -> str:
        if self.domain:
            return f"http://name-{number}.{self.domain}/"
        url = receiver.target_url(f"{self.name}/{topic}-{number}")
        return f"{url}?{self.behaviour}" if self.behaviour else url


def takers(count: int) -> Crowd:
    """They take every event and answer at once."""
    return Crowd(count)


def bystanders(count: int, filter_expression: str) -> Crowd:
    """Their filter takes none of the events."""
    return Crowd(count, "bystander", filter_expression, is_awaited=False)


def bad(count: int, behaviour: str = "", domain: str = "") -> Crowd:
    """They take every event, and do not take it well."""
    return Crowd(count, "bad", behaviour=behaviour, domain=domain, is_awaited=False)
