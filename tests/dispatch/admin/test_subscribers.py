"""What deliveries add to a subscriber's page: the replay of the dead, and what its deletion cancels."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from dispatch.models import Delivery, Replay
from subscribers.models import Subscriber
from tests.dispatch.admin.pages import text
from tests.dispatch.admin.subscriber_pages import LIST, url
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db


def test_its_dead_deliveries_are_replayed_from_its_page(admin_client: Client, paused: Subscriber) -> None:
    act = url(paused, "replay_dead")
    assert act in text(admin_client.get(url(paused)))
    answer = admin_client.get(act, follow=True)
    assert answer.context["counted"].number == 1
    assert answer.context["form"].data["subscriber"] == str(paused.pk)


def test_deletion_says_how_many_wait_and_cancels_them(admin_client: Client, paused: Subscriber) -> None:
    make_delivery(paused)
    shown = text(admin_client.get(url(paused, "delete")))
    assert "Deliveries that still wait, and are cancelled: 3" in " ".join(shown.split())
    answer = admin_client.post(url(paused, "delete"), {"post": "yes"}, follow=True)
    assert "Deliveries that were waiting and are cancelled: 3." in text(answer)
    assert not Delivery.objects.waiting().exists()
    assert set(Delivery.objects.filter(state="cancelled").values_list("reason", flat=True)) == {"deleted"}


def test_the_deletion_of_several_does_the_same(admin_client: Client, paused: Subscriber) -> None:
    other = make_subscriber()
    make_delivery(other)
    kept = make_delivery()
    chosen = {"action": "delete_selected", "_selected_action": [paused.pk, other.pk]}
    shown = text(admin_client.post(LIST, chosen))
    assert "Deliveries that still wait, and are cancelled: 3" in " ".join(shown.split())
    admin_client.post(LIST, chosen | {"post": "yes"})
    assert list(Delivery.objects.waiting()) == [kept]
    assert Delivery.objects.filter(state="cancelled", reason="deleted").count() == 3


def test_who_may_not_replay_is_not_offered_it(client: Client, django_user_model: Any) -> None:
    editor = django_user_model.objects.create_user("editor", password="x", is_staff=True)
    editor.user_permissions.add(*Permission.objects.filter(codename__in=("view_subscriber", "change_subscriber")))
    client.force_login(editor)
    subscriber = make_subscriber()
    shown = text(client.get(url(subscriber)))
    assert url(subscriber, "pause") in shown
    assert url(subscriber, "replay_dead") not in shown
    assert client.post(url(subscriber, "replay_dead")).status_code == 403
    assert not Replay.objects.exists()
