"""Who gets into the management API, and how far."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone

from dispatch.api import keys
from dispatch.models import ApiKey
from dispatch.tokens import PublisherToken
from tests.dispatch.api.caller import PASSWORD, Caller, machine, sign_in, staff
from tests.dispatch.client import PLAIN, post
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]

NEW = {"topic": "orders", "target_url": "http://billing:8000/"}


def test_without_a_token_nobody_gets_in() -> None:
    answer = Caller().get("subscribers")
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "There is no token" in answer.detail


@pytest.mark.parametrize("token", ["swk_unknown", "nonsense", "a.b.c"])
def test_what_is_no_key_and_no_token_is_refused(token: str) -> None:
    assert Caller(token).get("subscribers").status == 401


def test_only_the_hash_of_a_key_is_kept() -> None:
    key, text = keys.make("deployer", ["events:read"], "tests")
    row = ApiKey.objects.values().get(pk=key.pk)
    assert text.startswith(row["prefix"])
    assert text not in str(row)
    assert row["digest"] == keys.digest_of(text)


def test_a_key_tells_to_the_minute_when_it_was_used() -> None:
    machine().get("subscribers")
    used = ApiKey.objects.get().last_used_at
    assert used is not None
    assert (used.second, used.microsecond) == (0, 0)
    assert timezone.now() - used < timedelta(minutes=2)


def test_an_expired_or_deleted_key_opens_nothing() -> None:
    caller = machine()
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert caller.get("subscribers").status == 401
    ApiKey.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    assert caller.get("subscribers").status == 200
    ApiKey.objects.all().delete()
    assert caller.get("subscribers").status == 401


@pytest.mark.parametrize(
    ("scope", "allowed", "refused"),
    [
        ("subscribers:read", ["subscribers"], ["events", "deliveries", "attempts", "replays", "topics"]),
        ("events:read", ["events", "topics"], ["subscribers", "deliveries"]),
        ("deliveries:read", ["deliveries", "attempts", "replays"], ["subscribers", "events"]),
    ],
)
def test_a_key_reads_what_its_scopes_say(scope: str, allowed: list[str], refused: list[str]) -> None:
    caller = machine(scope)
    assert {path: caller.get(path).status for path in allowed} == dict.fromkeys(allowed, 200)
    assert {path: caller.get(path).status for path in refused} == dict.fromkeys(refused, 403)


def test_a_key_that_only_reads_writes_nothing() -> None:
    caller, subscriber = machine("subscribers:read", "events:read", "deliveries:read"), make_subscriber()
    delivery = make_delivery(subscriber, state="dead")
    refused = [
        caller.post("subscribers", NEW),
        caller.patch(f"subscribers/{subscriber.pk}", {"name": "x"}),
        caller.delete(f"subscribers/{subscriber.pk}"),
        *(caller.post(f"subscribers/{subscriber.pk}/{act}") for act in ("pause", "resume", "rotate-secret", "test")),
        *(caller.post(f"deliveries/{delivery.pk}/{act}") for act in ("replay", "try-now", "stop-trying")),
        caller.post("replays", {"state": "dead"}),
    ]
    assert [answer.status for answer in refused] == [403] * len(refused)
    assert "the scope deliveries:replay" in refused[-1].detail


def test_an_api_key_does_not_publish() -> None:
    assert post(PLAIN, token=machine().token).status == 401


def test_a_publishers_token_does_not_open_the_management_api() -> None:
    assert Caller(str(PublisherToken.issue("shop"))).get("subscribers").status == 401


def test_a_staff_token_does_not_publish() -> None:
    assert post(PLAIN, token=staff(["admin"]).token).status == 401


def test_even_with_one_secret_for_everything_the_tokens_stay_apart() -> None:
    caller = staff(["admin"])
    with override_settings(SWITCH_JWT_SECRET=settings.SECRET_KEY):
        assert Caller(str(PublisherToken.issue("shop"))).get("subscribers").status == 401
        assert post(PLAIN, token=caller.token).status == 401


def test_a_staff_user_may_what_the_roles_say() -> None:
    viewer, operator = staff(["viewer"], "vera"), staff(["operator"], "olaf")
    assert [viewer.get("subscribers").status, viewer.post("subscribers", NEW).status] == [200, 403]
    assert operator.post("subscribers", NEW).status == 201
    assert "the permission subscribers.add_subscriber" in viewer.post("subscribers", NEW).detail


def test_a_token_ends_with_its_user() -> None:
    caller = staff(["viewer"])
    for change in ({"is_staff": False}, {"is_staff": True, "is_active": False}):
        User.objects.update(**change)
        assert caller.get("subscribers").status == 401
    User.objects.update(is_active=True)
    assert caller.get("subscribers").status == 200
    user = User.objects.get()
    user.set_password("another")
    user.save()
    assert caller.get("subscribers").status == 401


def test_only_staff_with_the_right_password_signs_in() -> None:
    User.objects.create_user("customer", password=PASSWORD)
    User.objects.create_user("ann", password=PASSWORD, is_staff=True)
    assert sign_in("customer").status == 401
    assert sign_in("ann", "wrong").status == 401
    answer = sign_in("ann")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"


def test_passwords_are_guessed_here_no_longer_than_in_the_admin() -> None:
    User.objects.create_user("ann", password=PASSWORD, is_staff=True)
    for _ in range(settings.AXES_FAILURE_LIMIT):
        assert sign_in("ann", "wrong").status == 401
    assert sign_in("ann").status == 401


def test_a_refresh_token_gives_access_while_its_user_is_there() -> None:
    User.objects.create_user("ann", password=PASSWORD, is_superuser=True, is_staff=True)
    pair = sign_in("ann").json
    answer = Caller().post("token/refresh", {"refresh": pair["refresh"]})
    assert Caller(answer.json["access"]).get("subscribers").status == 200
    assert Caller(pair["refresh"]).get("subscribers").status == 401
    User.objects.all().delete()
    assert Caller().post("token/refresh", {"refresh": pair["refresh"]}).status == 401
    assert Caller().post("token/refresh", {"refresh": "nonsense"}).status == 401


def test_a_changed_password_ends_the_refresh_token_as_well() -> None:
    user = User.objects.create_user("ann", password=PASSWORD, is_staff=True)
    pair = sign_in("ann").json
    assert Caller().post("token/refresh", {"refresh": pair["refresh"]}).status == 200
    user.set_password(f"another {PASSWORD}")
    user.save()
    refused = Caller().post("token/refresh", {"refresh": pair["refresh"]})
    assert refused.status == 401
    assert "password was changed" in refused.detail
    assert "access" not in refused.json


@pytest.mark.parametrize("field", ["is_staff", "is_active"])
def test_who_is_no_longer_staff_refreshes_no_token(field: str) -> None:
    User.objects.create_user("ann", password=PASSWORD, is_staff=True)
    pair = sign_in("ann").json
    User.objects.update(**{field: False})
    assert Caller().post("token/refresh", {"refresh": pair["refresh"]}).status == 401


def test_who_asks_too_often_is_told_when_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rest_framework.throttling.ScopedRateThrottle.THROTTLE_RATES", {"api": "2/min"})
    caller = machine("subscribers:read")
    statuses = [caller.get("subscribers").status for _ in range(2)]
    refused = caller.get("subscribers")
    assert [*statuses, refused.status] == [200, 200, 429]
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert machine("subscribers:read", name="another").get("subscribers").status == 200


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PROPFIND"])
def test_an_address_that_is_none_is_a_problem(api: Caller, method: str) -> None:
    answer = api.send(method, "nowhere")
    assert answer.status == 404
    assert answer.detail


def test_a_method_that_an_address_does_not_have_is_a_problem(api: Caller) -> None:
    for method in ("DELETE", "OPTIONS", "TRACE"):
        answer = api.send(method, "subscribers")
        assert answer.status == 405
        assert method in answer.detail
        assert method not in answer.headers["Allow"].split(", ")
