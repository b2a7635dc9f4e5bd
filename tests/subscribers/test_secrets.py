"""New secrets, and how one gives way to the next."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from subscribers.models import Subscriber
from subscribers.secrets import OverlapRunningError, new_private_key, new_shared_secret, rotate
from subscribers.validators import validate_secret


@pytest.mark.parametrize("make", [new_shared_secret, new_private_key])
def test_new_secrets_are_valid_and_never_the_same(make: object) -> None:
    made = {make() for _ in range(20)}  # type: ignore[operator] # a function without arguments
    assert len(made) == 20
    for secret in made:
        validate_secret(secret)


@pytest.mark.parametrize("secret", ["whsk_", "whsk_AAAA", "whsk_" + "A" * 40, "whsk_" + "?" * 44])
def test_a_private_key_of_another_length_is_refused(secret: str) -> None:
    with pytest.raises(ValidationError):
        validate_secret(secret)


@pytest.mark.django_db
def test_rotation_keeps_the_old_secret_for_the_overlap() -> None:
    old, new = new_shared_secret(), new_shared_secret()
    subscriber = Subscriber.objects.create(topic="a", target_url="http://x/", secret=old)
    before = timezone.now()
    rotate(subscriber, new, timedelta(hours=2))
    subscriber.refresh_from_db()
    assert (subscriber.secret, subscriber.previous_secret) == (new, old)
    assert subscriber.previous_secret_until is not None
    assert timedelta(hours=2) <= subscriber.previous_secret_until - before < timedelta(hours=3)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("old", "overlap"),
    [("", timedelta(hours=1)), (new_shared_secret(), timedelta())],
    ids=["no old secret", "no overlap"],
)
def test_without_an_old_secret_or_an_overlap_there_is_only_the_new_one(old: str, overlap: timedelta) -> None:
    subscriber = Subscriber.objects.create(topic="a", target_url="http://x/", secret=old)
    rotate(subscriber, new_shared_secret(), overlap)
    subscriber.refresh_from_db()
    assert (subscriber.previous_secret, subscriber.previous_secret_until) == ("", None)


@pytest.mark.django_db
@pytest.mark.parametrize("overlap", [timedelta(hours=1), timedelta()])
def test_a_second_rotation_within_the_overlap_is_refused_and_says_until_when(overlap: timedelta) -> None:
    first, second = new_shared_secret(), new_shared_secret()
    subscriber = Subscriber.objects.create(topic="a", target_url="http://x/", secret=first)
    rotate(subscriber, second, timedelta(hours=2))
    until = subscriber.previous_secret_until
    with pytest.raises(OverlapRunningError, match=f"Until {until:%Y-%m-%d %H:%M:%S} UTC") as refused:
        rotate(subscriber, new_shared_secret(), overlap)
    assert refused.value.until == until
    subscriber.refresh_from_db()
    assert (subscriber.secret, subscriber.previous_secret, subscriber.previous_secret_until) == (second, first, until)


@pytest.mark.django_db
def test_a_rotation_that_the_caller_has_not_seen_yet_counts() -> None:
    subscriber = Subscriber.objects.create(topic="a", target_url="http://x/", secret=new_shared_secret())
    stale = Subscriber.objects.get()
    rotate(subscriber, new_shared_secret())
    with pytest.raises(OverlapRunningError):
        rotate(stale, new_shared_secret())


@pytest.mark.django_db
def test_a_forced_rotation_ends_the_secret_before_the_old_one() -> None:
    second, third = new_shared_secret(), new_shared_secret()
    subscriber = Subscriber.objects.create(topic="a", target_url="http://x/", secret=new_shared_secret())
    rotate(subscriber, second)
    rotate(subscriber, third, force=True)
    subscriber.refresh_from_db()
    assert (subscriber.secret, subscriber.previous_secret) == (third, second)


@pytest.mark.django_db
def test_after_the_overlap_the_next_rotation_is_as_the_first() -> None:
    second = new_shared_secret()
    ended = timezone.now() - timedelta(seconds=1)
    subscriber = Subscriber.objects.create(
        topic="a",
        target_url="http://x/",
        secret=second,
        previous_secret=new_shared_secret(),
        previous_secret_until=ended,
    )
    rotate(subscriber, new_shared_secret())
    subscriber.refresh_from_db()
    assert subscriber.previous_secret == second
