"""The pages of which pictures are taken. Whoever adds a page to the admin adds a line here."""

from collections.abc import Sequence
from typing import NamedTuple

LOOKS = ("light", "dark", "phone")


class Picture(NamedTuple):
    """`path` is below /admin/; `{…}` stand for ids that are looked up in the demo (see ids.py).

    `kept` are the looks whose pictures are committed.
    """

    name: str
    path: str
    kept: Sequence[str] = ()
    #: What is clicked, in order, before the picture is taken.
    clicks: Sequence[str] = ()


PICTURES = (
    Picture("index", "", kept=LOOKS),
    Picture("day", "?span=day"),
    Picture("flow-map", "flow-map/", kept=LOOKS),
    Picture("why-not", "why-not/?event={refused}&subscriber={billing}", kept=("light",)),
    Picture("subscribers", "subscribers/subscriber/"),
    Picture("subscriber", "subscribers/subscriber/{billing}/change/"),
    Picture("subscriber-paused", "subscribers/subscriber/{heatmap}/change/"),
    Picture("subscriber-broken", "subscribers/subscriber/{recommender}/change/"),
    Picture("history", "subscribers/subscriber/{billing}/history/", kept=LOOKS),
    Picture("revert", "subscribers/subscriber/{billing}/history/{first_of_billing}/revert/"),
    Picture("files", "subscribers/subscriber/files"),
    Picture("events", "dispatch/event/"),
    Picture("event", "dispatch/event/{event}/change/"),
    Picture("deliveries", "dispatch/delivery/", kept=("light",)),
    Picture("delivery-dead", "dispatch/delivery/{dead}/change/"),
    Picture("attempt", "dispatch/attempt/{attempt}/change/"),
    Picture("replays", "dispatch/replay/"),
    Picture("new-replay", "dispatch/replay/new/?state=dead&status=5xx"),
    Picture("consumers", "dispatch/consumer/"),
    Picture("storage", "storage/"),
)
