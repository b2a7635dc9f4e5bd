"""A new secret from a subscriber's page: for whom, with which overlap, shown how often."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dispatch.signing import public_key
from subscribers.history import changes
from subscribers.models import Subscriber
from subscribers.secrets import new_shared_secret
from tests.dispatch.admin.pages import text
from tests.dispatch.ledger.rows import make_subscriber
from tests.switchsite.test_roles import member

pytestmark = pytest.mark.django_db

SHARED = {"kind": "shared", "overlap_hours": "24"}


def url(subscriber: Subscriber) -> str:
    return reverse("admin:subscribers_subscriber_rotate_secret", args=[subscriber.pk])


@pytest.fixture
def signed() -> Subscriber:
    return make_subscriber(name="billing", secret=new_shared_secret())


def test_an_operator_gets_a_secret_shown_once(client: Client, signed: Subscriber) -> None:
    client.force_login(member("operator"))
    old = signed.secret
    answer = client.post(url(signed), SHARED)
    signed.refresh_from_db()
    assert signed.secret != old
    assert signed.secret in text(answer)
    assert "no-store" in answer["Cache-Control"]
    change = reverse("admin:subscribers_subscriber_change", args=[signed.pk])
    for page in (url(signed), change, f"{change}history/"):
        assert signed.secret not in text(client.get(page, follow=True))


def test_the_old_secret_holds_for_the_overlap(admin_client: Client, signed: Subscriber) -> None:
    old, before = signed.secret, timezone.now()
    admin_client.post(url(signed), SHARED | {"overlap_hours": "2"})
    signed.refresh_from_db()
    assert signed.previous_secret == old
    assert signed.previous_secret_until
    assert before + timedelta(hours=2) <= signed.previous_secret_until <= timezone.now() + timedelta(hours=2)


def test_without_an_overlap_the_old_one_ends(admin_client: Client, signed: Subscriber) -> None:
    admin_client.post(url(signed), SHARED | {"overlap_hours": "0"})
    signed.refresh_from_db()
    assert (signed.previous_secret, signed.previous_secret_until) == ("", None)


def test_within_the_overlap_another_is_refused_with_its_end(admin_client: Client, signed: Subscriber) -> None:
    assert 'name="force"' not in text(admin_client.get(url(signed)))
    admin_client.post(url(signed), SHARED)
    signed.refresh_from_db()
    second, until = signed.secret, f"{signed.previous_secret_until:%Y-%m-%d %H:%M:%S} UTC"
    assert until in text(admin_client.get(url(signed)))
    refused = admin_client.post(url(signed), SHARED)
    assert until in refused.context["form"].non_field_errors()[0]
    assert refused.context["form"].non_field_errors()[0] in text(refused)
    assert 'name="force"' in text(refused)
    signed.refresh_from_db()
    assert signed.secret == second


def test_within_the_overlap_another_can_be_forced(admin_client: Client, signed: Subscriber) -> None:
    admin_client.post(url(signed), SHARED)
    second = Subscriber.objects.get().secret
    admin_client.post(url(signed), SHARED | {"force": "on"})
    signed.refresh_from_db()
    assert signed.secret != second
    assert signed.previous_secret == second


def test_of_a_private_key_the_public_one_is_shown(admin_client: Client) -> None:
    subscriber = make_subscriber()
    shown = text(admin_client.post(url(subscriber), SHARED | {"kind": "ed25519"}))
    subscriber.refresh_from_db()
    assert subscriber.secret.startswith("whsk_")
    assert public_key(subscriber.secret) in shown


def test_the_history_tells_who_but_not_what(client: Client, signed: Subscriber) -> None:
    client.force_login(member("operator"))
    client.post(url(signed), SHARED)
    newest = changes(signed, limit=1)[0]
    assert (newest.name, newest.secret_changed, newest.differences) == ("operator", True, ())


@pytest.mark.parametrize("hours", ["", "-1", "721", "nan"])
def test_an_overlap_that_makes_no_sense_changes_nothing(admin_client: Client, signed: Subscriber, hours: str) -> None:
    answer = admin_client.post(url(signed), SHARED | {"overlap_hours": hours})
    assert answer.context["form"].errors.keys() == {"overlap_hours"}
    assert Subscriber.objects.get().secret == signed.secret


def test_looking_changes_nothing(admin_client: Client, signed: Subscriber) -> None:
    assert "Make it" in text(admin_client.get(url(signed)))
    assert Subscriber.objects.get().secret == signed.secret


def test_a_viewer_may_not(client: Client, signed: Subscriber) -> None:
    client.force_login(member("viewer"))
    assert client.post(url(signed), SHARED).status_code == 403
    assert Subscriber.objects.get().secret == signed.secret
