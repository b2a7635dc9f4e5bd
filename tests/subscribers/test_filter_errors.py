"""Events that a filter could not judge are counted on the subscriber, and no count is lost."""

import pytest
from django.db import DatabaseError

from subscribers import filter_errors
from subscribers.filters import Unknown
from subscribers.models import Subscriber
from subscribers.querysets import SubscriberQuerySet

pytestmark = pytest.mark.django_db


def make() -> Subscriber:
    return Subscriber.objects.create(topic="orders", target_url="http://billing/")


def note(subscriber: Subscriber, text: str) -> None:
    filter_errors.note(subscriber.pk, Unknown(text, 1, 1))


def test_counts_add_up_and_the_last_reason_is_kept() -> None:
    first, second = make(), make()
    note(first, "There is no key 'a'.")
    note(second, "other")
    filter_errors.write()
    note(first, "There is no key 'b'.")
    note(first, "There is no key 'c'.")
    filter_errors.write()
    filter_errors.write()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.filter_error_count, second.filter_error_count) == (3, 1)
    assert "key 'c'" in first.last_filter_error
    assert first.last_filter_error_at is not None


def test_a_long_reason_is_cut() -> None:
    subscriber = make()
    note(subscriber, "x" * 2_000)
    filter_errors.write()
    subscriber.refresh_from_db()
    assert len(subscriber.last_filter_error) == 500


def test_what_the_database_does_not_take_is_written_later(monkeypatch: pytest.MonkeyPatch) -> None:
    subscriber = make()
    note(subscriber, "first")

    def refuse(*arguments: object, **fields: object) -> int:
        raise DatabaseError("away")

    with monkeypatch.context() as broken:
        broken.setattr(SubscriberQuerySet, "update", refuse)
        with pytest.raises(DatabaseError):
            filter_errors.write()
    note(subscriber, "second")
    filter_errors.write()
    subscriber.refresh_from_db()
    assert subscriber.filter_error_count == 2
