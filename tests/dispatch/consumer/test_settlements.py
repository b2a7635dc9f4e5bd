"""What is written about a try holds no secret of the event, whatever the subscriber's URL makes of it."""

import pytest
from django.utils import timezone

from dispatch.consumer.settlements import settled
from dispatch.identifiers import new_id
from dispatch.outcomes import Outcome
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import done, job_for, make_delivery, make_event, make_subscriber, take

pytestmark = pytest.mark.django_db

PAYLOAD = '{"body": {}, "path_params": {"token": "hunter2secret"}}'


def test_the_error_of_a_url_that_sql_has_written_quotes_the_url_as_it_is_written() -> None:
    subscriber = make_subscriber()
    Subscriber.objects.filter(pk=subscriber.pk).update(target_url="http:///o/:token")
    delivery = make_delivery(subscriber, make_event(payload=PAYLOAD))
    [work] = take(new_id(), [job_for(delivery)])
    settlement = settled(work, timezone.now(), is_embedded=True).settlement
    assert (settlement.state, settlement.reason, settlement.attempt) == ("dead", "permanent", None)
    assert settlement.last_error == "The URL 'http:///o/:token' cannot be used: No host supplied."


def test_an_attempt_keeps_its_url_without_secret_path_parameters() -> None:
    subscriber = make_subscriber(target_url="http://billing:8000/o/:token")
    delivery = make_delivery(subscriber, make_event(payload=PAYLOAD))
    [work] = take(new_id(), [job_for(delivery)])
    assert work.request is not None
    assert work.request.url == "http://billing:8000/o/hunter2secret"
    attempt = done(work, Outcome(status=200), is_embedded=True).settlement.attempt
    assert attempt is not None
    assert attempt.url == "http://billing:8000/o/***"
