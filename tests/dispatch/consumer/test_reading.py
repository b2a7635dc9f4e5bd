"""Large events that wait for room: not for longer than their claims are good for."""

from dataclasses import replace
from datetime import timedelta

from django.utils import timezone

from dispatch.consumer.flow import Flow
from dispatch.consumer.freight import MAX_BYTES
from dispatch.consumer.reading import Reader
from dispatch.consumer.work import LATE_AFTER, Work
from dispatch.ledger.claiming import LEASE
from dispatch.verdicts import Act, Verdict
from tests.dispatch.consumer.test_freight import works


def unread(subscriber_id: int, claimed_ago: timedelta) -> Work:
    [work] = works(MAX_BYTES, subscriber_id)
    return replace(work, claim=work.claim._replace(lease_until=timezone.now() + LEASE - claimed_ago))


def test_what_finds_no_room_is_held_after_a_while_and_let_go_once_its_lease_is_over() -> None:
    flow = Flow(100)
    flow.freight.load(works(MAX_BYTES, 9))
    fresh, late, lost = unread(1, timedelta()), unread(2, LATE_AFTER), unread(3, LEASE)
    flow.take([fresh, late, lost])
    reader = Reader(flow)
    reader.keep([fresh, late, lost])
    reader.read()
    assert flow.wait_for_done(10, 0) == [late]
    assert late.verdict == Verdict(Act.HOLD, "capped")
    assert list(flow.held) == [2]
    assert flow.in_hand() == {fresh.claim.delivery_id, late.claim.delivery_id}
    assert flow.is_unsure.is_set()
    assert reader.is_busy
    assert fresh.is_unread
