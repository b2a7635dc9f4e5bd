"""What the list of deliveries tells of each."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dispatch.consumer.settlements import Settled, settled
from dispatch.identifiers import new_id
from dispatch.ledger.settling import settle
from dispatch.models import Delivery
from dispatch.outcomes import ErrorKind, Outcome
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import done, job_for, make_delivery, make_subscriber, take

pytestmark = pytest.mark.django_db

LIST = reverse("admin:dispatch_delivery_changelist")
OWNER = new_id()


def record(settlement: Settled) -> None:
    settle(OWNER, [settlement.settlement])


@pytest.mark.parametrize("state", ["paused", "deleted"])
def test_what_came_last_is_told_of_what_was_not_tried_since(admin_client: Client, state: str) -> None:
    subscriber = make_subscriber()
    delivery = make_delivery(subscriber)
    [tried] = take(OWNER, [job_for(delivery)])
    refused = Outcome(error_kind=ErrorKind.CONNECT, error="Connection refused.")
    record(done(tried, refused, is_embedded=True))
    Delivery.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    if state == "deleted":
        subscriber.delete()
    else:
        Subscriber.objects.update(state=state)
    [untried] = take(OWNER, [job_for(delivery)])
    record(settled(untried, timezone.now(), is_embedded=True))
    page = admin_client.get(LIST, {"error": "connect"})
    [listed] = page.context["cl"].result_list
    assert listed.state == ("cancelled" if state == "deleted" else "held")
    assert "Connection refused." in page.content.decode()
