"""Who changed a subscriber is known, whichever way the change came: admin, API, command, or the hub itself."""

import getpass

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dispatch import failing
from subscribers.models import Subscriber
from tests.dispatch.api.caller import machine, staff
from tests.dispatch.ledger.rows import make_subscriber
from tests.dispatch.test_failing import make_failing

pytestmark = pytest.mark.django_db


def newest() -> tuple[str, str]:
    record = Subscriber.history.order_by("-history_id").first()
    return record.history_user_id, record.history_change_reason


def test_an_automatic_pause_is_the_systems_with_its_reason() -> None:
    subscriber = make_failing(9)
    failing.pause_failing(timezone.now())
    subscriber.refresh_from_db()
    assert newest() == ("system", subscriber.state_reason)
    assert subscriber.state_reason.startswith("It has taken nothing since")


@pytest.mark.parametrize("act", ["pause_selected", "resume_selected", "delete_selected"])
def test_what_is_done_to_many_in_the_admin_is_the_users(admin_client: Client, act: str) -> None:
    made = [make_subscriber(state="paused" if act == "resume_selected" else "active") for _ in range(2)]
    chosen = {"action": act, "_selected_action": [each.pk for each in made], "post": "yes"}
    admin_client.post(reverse("admin:subscribers_subscriber_changelist"), chosen)
    records = Subscriber.history.exclude(history_type="+")
    assert list(records.values_list("history_user_id", flat=True)) == ["admin", "admin"]


def test_a_machine_is_named_by_its_key_and_a_user_by_the_login() -> None:
    made = machine(name="deployer").post("subscribers", {"topic": "orders", "target_url": "http://127.0.0.1:8001/"})
    assert made.status == 201, made.json
    assert newest()[0] == "API key deployer"
    staff(["operator"]).post(f"subscribers/{made.json['id']}/pause", {"reason": "a move"})
    record = Subscriber.history.order_by("-history_id").first()
    assert (record.history_user_id, record.state_reason) == ("ann", "a move")


@pytest.mark.parametrize(
    "command", [("pause", "billing"), ("resume", "billing"), ("subscribe", "orders", "http://127.0.0.1:8001/")]
)
def test_a_command_tells_who_ran_it(command: tuple[str, ...]) -> None:
    make_subscriber(name="billing", state="paused" if command[0] == "resume" else "active")
    call_command(*command)
    assert newest() == (getpass.getuser(), f"manage.py {command[0]}")
