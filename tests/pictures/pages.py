"""The pages of which pictures are taken. Whoever adds a page to the admin adds a line here."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from playwright.sync_api import Page

from tests.pictures import acts

LOOKS = ("light", "dark", "phone")
LIGHT = ("light",)


class Picture(NamedTuple):
    """`path` is below /admin/; `{…}` stand for ids that are looked up in the demo (see ids.py).

    `kept` are the looks whose pictures are committed; `prepare` is done with the page before.
    """

    name: str
    path: str
    kept: Sequence[str] = ()
    prepare: Callable[[Page], None] = acts.nothing


PICTURES = (
    Picture("index", "", LOOKS, acts.show_the_figures),
    Picture("day", "?span=day"),
    Picture("flow-map", "flow-map/", kept=LOOKS),
    Picture("why-not", "why-not/?event={refused}&subscriber={billing}", kept=LIGHT),
    Picture("subscribers", "subscribers/subscriber/"),
    Picture("subscriber", "subscribers/subscriber/{billing}/change/", kept=LIGHT),
    Picture("workbench", "subscribers/subscriber/{billing}/change/", LIGHT, acts.try_on_an_event),
    Picture("send-test", "subscribers/subscriber/{billing}/change/", LIGHT, acts.send_a_test),
    Picture("subscriber-paused", "subscribers/subscriber/{heatmap}/change/"),
    Picture("subscriber-broken", "subscribers/subscriber/{recommender}/change/"),
    Picture("resume", "subscribers/subscriber/{heatmap}/change/", prepare=acts.ask_to_resume),
    Picture("history", "subscribers/subscriber/{billing}/history/", kept=LOOKS),
    Picture("revert", "subscribers/subscriber/{billing}/history/{first_of_billing}/revert/"),
    Picture("import", "subscribers/subscriber/files", LIGHT, acts.look_through_a_file),
    Picture("events", "dispatch/event/"),
    Picture("event", "dispatch/event/{event}/change/", kept=LIGHT),
    Picture("deliveries", "dispatch/delivery/", kept=LIGHT),
    Picture("delivery", "dispatch/delivery/{dead}/change/", kept=LIGHT),
    Picture("attempt", "dispatch/attempt/{attempt}/change/", kept=LIGHT),
    Picture("replays", "dispatch/replay/"),
    Picture("replay", "dispatch/replay/{replay}/change/"),
    Picture("new-replay", "dispatch/replay/new/?state=dead&status=5xx", LIGHT, acts.show_the_count),
    Picture("consumers", "dispatch/consumer/"),
    Picture("alerts", "dispatch/alert/", kept=LIGHT),
    Picture("alert", "dispatch/alert/{alert}/change/"),
    Picture("api-keys", "dispatch/apikey/", kept=LIGHT),
    Picture("new-api-key", "dispatch/apikey/add/"),
    Picture("storage", "storage/"),
)
