"""One process at a time has a lease."""

from datetime import timedelta

import pytest

from dispatch.identifiers import new_id
from dispatch.leases import acquire, give_up
from dispatch.models import Lease

pytestmark = pytest.mark.django_db

FIRST, SECOND = new_id(), new_id()
MINUTE = timedelta(minutes=1)


def test_a_free_lease_goes_to_the_first_and_not_to_the_second() -> None:
    assert acquire("sweeping", FIRST, MINUTE)
    assert not acquire("sweeping", SECOND, MINUTE)


def test_its_owner_renews_it() -> None:
    acquire("sweeping", FIRST, MINUTE)
    until = Lease.objects.get().until
    assert acquire("sweeping", FIRST, 2 * MINUTE)
    assert Lease.objects.get().until > until


def test_a_lease_that_is_over_goes_to_whoever_asks() -> None:
    acquire("sweeping", FIRST, -MINUTE)
    assert acquire("sweeping", SECOND, MINUTE)
    assert not acquire("sweeping", FIRST, MINUTE)


def test_only_its_owner_gives_a_lease_up() -> None:
    acquire("sweeping", FIRST, MINUTE)
    give_up("sweeping", SECOND)
    assert not acquire("sweeping", SECOND, MINUTE)
    give_up("sweeping", FIRST)
    assert acquire("sweeping", SECOND, MINUTE)


def test_leases_of_other_names_are_others() -> None:
    assert acquire("sweeping", FIRST, MINUTE)
    assert acquire("counting", SECOND, MINUTE)


@pytest.mark.parametrize(
    ("ahead", "longest", "is_taken"),
    [(9 * MINUTE, None, True), (9 * MINUTE, 10 * MINUTE, False), (30 * MINUTE, 10 * MINUTE, True)],
)
def test_a_lease_from_the_future_is_none(ahead: timedelta, longest: timedelta | None, is_taken: bool) -> None:
    acquire("sweeping", FIRST, ahead)
    assert acquire("sweeping", SECOND, MINUTE, longest) == is_taken
