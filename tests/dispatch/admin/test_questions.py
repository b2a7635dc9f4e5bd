"""What a page asks the database does not grow with what the database holds: more rows, as many questions."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dispatch.api import keys
from dispatch.models import Alert, ApiKey, Attempt, Notice
from subscribers.models import Subscriber
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.ledger.rows import make_deliveries

pytestmark = pytest.mark.django_db

ROWS = 12


def add_rows(begin: int) -> None:
    """Dead deliveries with an attempt each, one more attempt of the first, keys, and an alert that is told again."""
    now = timezone.now()
    for delivery in make_deliveries(ROWS, state="dead", reason="exhausted", settled_at=now):
        make_attempt(delivery)
    first = Attempt.objects.earliest("pk")
    alert, _ = Alert.objects.get_or_create(key="stalled", defaults={"kind": "stalled", "since": now, "noticed_at": now})
    for number in range(begin, begin + ROWS):
        make_attempt(first.delivery, number=number)
        keys.make(f"machine {number}", ["events:read"], "tests")
        Notice.objects.create(alert=alert, channel="webhook", occasion="opened", due_at=now)


def of_first(name: str, rows: Callable[[], object]) -> Callable[[], str]:
    return lambda: reverse(f"admin:{name}_change", args=[rows()])


#: The most questions of each page; two of them are who asks.
PAGES: dict[str, tuple[Callable[[], str], int]] = {
    "storage": (lambda: reverse("storage"), 36),
    "a subscriber": (of_first("subscribers_subscriber", lambda: Subscriber.objects.earliest("pk").pk), 20),
    "a new replay": (lambda: reverse("admin:dispatch_replay_new"), 4),
    "a new replay that is counted": (lambda: reverse("admin:dispatch_replay_new", query={"state": "dead"}), 6),
    "an attempt": (of_first("dispatch_attempt", lambda: Attempt.objects.earliest("pk").pk), 6),
    "an attempt's exchange": (
        lambda: reverse("admin:dispatch_attempt_exchange", args=[Attempt.objects.earliest("pk").pk]),
        5,
    ),
    "API keys": (lambda: reverse("admin:dispatch_apikey_changelist"), 6),
    "an API key": (of_first("dispatch_apikey", lambda: ApiKey.objects.earliest("pk").pk), 6),
    "an alert": (of_first("dispatch_alert", lambda: Alert.objects.get().pk), 10),
}


@pytest.mark.parametrize("name", PAGES)
def test_more_rows_are_no_more_questions(admin_client: Client, name: str) -> None:
    address, most = PAGES[name]
    asked = []
    for begin in (2, 2 + ROWS):
        add_rows(begin)
        admin_client.get(address())  # the first look of a process learns what all pages need
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(address()).status_code == 200
        asked.append(len(captured))
    assert asked[0] == asked[1] <= most
