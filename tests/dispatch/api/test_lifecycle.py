"""Pause, resume, a new secret."""

import json
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from dispatch.queues import open_queue
from dispatch.reconciliation import reconcile
from dispatch.signing import public_key
from subscribers.models import Subscriber
from subscribers.validators import validate_secret
from tests.dispatch.api.caller import Caller
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]


def test_pausing_says_who_or_why(api: Caller) -> None:
    subscriber = make_subscriber()
    paused = api.post(f"subscribers/{subscriber.pk}/pause")
    assert (paused.status, paused.json["state"], paused.json["state_reason"]) == (
        *(200, "paused"),
        "Paused by API key deployer.",
    )
    assert api.post(f"subscribers/{subscriber.pk}/pause", {"reason": "again"}).json == paused.json
    other = make_subscriber()
    assert api.post(f"subscribers/{other.pk}/pause", {"reason": "moving"}).json["state_reason"] == "moving"


def test_a_pause_changes_the_etag(api: Caller) -> None:
    path = f"subscribers/{make_subscriber().pk}"
    before = api.get(path).headers["ETag"]
    assert api.post(f"{path}/pause").headers["ETag"] == api.get(path).headers["ETag"] != before


@pytest.mark.parametrize(("backlog", "discarded", "state"), [("send", 0, "pending"), ("discard", 1, "cancelled")])
def test_resuming_sends_or_discards_what_was_held(api: Caller, backlog: str, discarded: int, state: str) -> None:
    held = make_delivery(make_subscriber(state="paused"), state="held", reason="paused")
    resumed = api.post(f"subscribers/{held.subscriber_id}/resume", {"backlog": backlog})
    assert (resumed.status, resumed.json["discarded"]) == (200, discarded)
    assert resumed.json["subscriber"]["state"] == "active"
    reconcile(open_queue())
    held.refresh_from_db()
    assert held.state == state


@pytest.mark.parametrize(("given", "after"), [({}, 7), ({"rate_limit_per_second": None}, 7)])
def test_a_resumption_keeps_the_rate_limit(api: Caller, given: dict[str, None], after: float) -> None:
    subscriber = make_subscriber(state="paused", rate_limit_per_second=7)
    resumed = api.post(f"subscribers/{subscriber.pk}/resume", given)
    assert resumed.json["subscriber"]["rate_limit_per_second"] == after


def test_a_resumption_may_set_the_rate_limit(api: Caller) -> None:
    path = f"subscribers/{make_subscriber(state='paused').pk}/resume"
    assert api.post(path, {"rate_limit_per_second": 0}).status == 400
    resumed = api.post(path, {"rate_limit_per_second": 2.5}).json["subscriber"]
    assert (resumed["state"], resumed["rate_limit_per_second"]) == ("active", 2.5)


def test_a_new_secret_is_shown_once(api: Caller) -> None:
    subscriber = make_subscriber()
    path = f"subscribers/{subscriber.pk}"
    rotated = api.post(f"{path}/rotate-secret")
    secret = rotated.json["secret"]
    validate_secret(secret)
    assert (rotated.json["public_key"], rotated.json["previous_secret_until"]) == ("", None)
    assert rotated.headers["Cache-Control"] == "no-store"
    subscriber.refresh_from_db()
    assert subscriber.secret == secret
    assert secret not in json.dumps(api.get(path).json)


def test_the_old_secret_signs_on_for_the_overlap(api: Caller) -> None:
    path = f"subscribers/{make_subscriber().pk}"
    old = api.post(f"{path}/rotate-secret").json["secret"]
    rotated = api.post(f"{path}/rotate-secret", {"overlap_hours": 2}).json
    until = datetime.fromisoformat(rotated["previous_secret_until"])
    assert timedelta(hours=1.9) < until - timezone.now() <= timedelta(hours=2)
    assert Subscriber.objects.get().previous_secret == old
    assert api.post(f"{path}/rotate-secret", {"overlap_hours": 0}).json["previous_secret_until"] is None
    assert Subscriber.objects.get().previous_secret == ""


def test_of_a_private_key_the_public_one_can_be_read(api: Caller) -> None:
    path = f"subscribers/{make_subscriber().pk}"
    rotated = api.post(f"{path}/rotate-secret", {"kind": "ed25519"}).json
    assert rotated["secret"].startswith("whsk_")
    assert rotated["public_key"] == public_key(rotated["secret"]) == api.get(path).json["public_key"]


@pytest.mark.parametrize("wish", [{"kind": "rsa"}, {"overlap_hours": -1}, {"overlap_hours": "nan"}])
def test_a_rotation_that_makes_no_sense_is_refused(api: Caller, wish: dict[str, object]) -> None:
    subscriber = make_subscriber()
    assert api.post(f"subscribers/{subscriber.pk}/rotate-secret", wish).status == 400
    assert Subscriber.objects.get().secret == ""
