"""The table itself refuses what must not be, and needs no more than three columns."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from subscribers.models import Subscriber, SubscriberVersion

pytestmark = pytest.mark.django_db


def seed(**columns: Any) -> None:
    """A row by plain SQL, as an operator writes it."""
    columns = {"topic": "order", "filter_expression": "", "target_url": "http://billing/"} | columns
    names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO subscriber ({names}) VALUES ({places})", [*columns.values()])  # noqa: S608


def create(**fields: Any) -> Subscriber:
    return Subscriber.objects.create(**{"topic": "order", "target_url": "http://billing/"} | fields)


def test_row_of_three_columns_is_a_whole_subscriber() -> None:
    seed()
    subscriber = Subscriber.objects.get()
    assert (subscriber.state, subscriber.name, subscriber.retry_limit, subscriber.secret) == ("active", "", 25, "")
    assert subscriber.deleted_at is None
    assert subscriber.max_in_flight is None
    assert timezone.now() - subscriber.created_at < timedelta(minutes=5)
    assert timezone.now() - subscriber.updated_at < timedelta(minutes=5)
    assert Subscriber.objects.active().count() == 1


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"topic": ""}, "subscriber_topic_given"),
        ({"target_url": ""}, "subscriber_target_url_given"),
        ({"state": "asleep"}, "subscriber_state_known"),
        ({"state": ""}, "subscriber_state_known"),
        ({"topic": None}, "topic"),
        ({"filter_expression": None}, "filter_expression"),
        ({"target_url": None}, "target_url"),
        ({"retry_limit": -1}, "retry_limit"),
        ({"max_in_flight": -1}, "max_in_flight"),
    ],
    ids=str,
)
def test_table_refuses(columns: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        seed(**columns)
    assert not Subscriber.objects.exists()


def test_name_is_unique_among_the_existing() -> None:
    seed(name="billing")
    with pytest.raises(IntegrityError, match="name"), transaction.atomic():
        seed(name="billing")


def test_many_may_have_no_name() -> None:
    seed(name="")
    seed(name="")
    assert Subscriber.objects.count() == 2


def test_name_of_a_deleted_subscriber_is_free() -> None:
    create(name="billing").delete()
    create(name="billing")
    assert Subscriber.objects.filter(name="billing").count() == 2


def test_version_is_one_row() -> None:
    SubscriberVersion.objects.get_or_create(id=1)
    with pytest.raises(IntegrityError, match="subscriber_version_single_row"), transaction.atomic():
        SubscriberVersion.objects.create(id=2)


def test_delete_keeps_the_row() -> None:
    subscriber = create()
    assert subscriber.delete() == (1, {"subscribers.Subscriber": 1})
    subscriber.refresh_from_db()
    assert subscriber.deleted_at is not None
    assert not Subscriber.objects.existing().exists()
    assert subscriber.delete() == (0, {"subscribers.Subscriber": 0})


def test_delete_of_a_set_keeps_the_rows_of_that_set_and_the_others_as_they_are() -> None:
    create(topic="order")
    create(topic="order")
    create(topic="invoice")
    assert Subscriber.objects.filter(topic="order").delete() == (2, {"subscribers.Subscriber": 2})
    assert [each.topic for each in Subscriber.objects.existing()] == ["invoice"]
    assert Subscriber.objects.count() == 3


def test_all_cannot_be_deleted_without_a_word_that_says_so() -> None:
    assert not hasattr(Subscriber.objects, "delete")


def test_deleting_again_keeps_the_first_moment() -> None:
    subscriber = create()
    subscriber.delete()
    first = Subscriber.objects.get().deleted_at
    Subscriber.objects.all().delete()
    assert Subscriber.objects.get().deleted_at == first


def test_pause_and_resume_touch_those_whose_state_changes() -> None:
    active, paused, gone = create(), create(state="paused", state_reason="holiday"), create()
    gone.delete()
    assert Subscriber.objects.all().pause("410 Gone") == 1
    assert set(Subscriber.objects.values_list("pk", "state", "state_reason")) == {
        (active.pk, "paused", "410 Gone"),
        (paused.pk, "paused", "holiday"),
        (gone.pk, "active", ""),
    }
    assert Subscriber.objects.paused().count() == 2
    assert Subscriber.objects.filter(pk=active.pk).resume() == 1
    assert set(Subscriber.objects.values_list("pk", "state", "state_reason")) == {
        (active.pk, "active", ""),
        (paused.pk, "paused", "holiday"),
        (gone.pk, "active", ""),
    }


@pytest.mark.parametrize(("state", "is_paused"), [("active", False), ("paused", True)])
def test_is_paused_follows_the_state(state: str, is_paused: bool) -> None:
    assert create(state=state).is_paused is is_paused


def test_text_is_its_name_or_what_it_wants() -> None:
    assert str(create(name="billing")) == "billing"
    assert str(create()) == "order → http://billing/"
    assert str(SubscriberVersion(number=5)) == "subscribers at change 5"
