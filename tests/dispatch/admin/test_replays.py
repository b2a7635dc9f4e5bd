"""Replays in the admin: asked for once the count was seen, followed, stopped."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dispatch.models import Consumer, Delivery, Replay
from dispatch.models.delivery import HELD_REASONS
from dispatch.replaying import replay
from subscribers.models import Subscriber
from tests.dispatch.admin.pages import text
from tests.dispatch.admin.replay_pages import DELIVERIES, LIST, MATCHING, NEW, confirmed, page
from tests.dispatch.ledger.rows import make_delivery, make_subscriber
from tests.dispatch.replays.carrying import ask, carry_out, make_settled

pytestmark = pytest.mark.django_db


def test_a_replay_is_asked_for_once_its_count_was_seen(admin_client: Client, billing: Subscriber) -> None:
    counted = admin_client.post(NEW, {"subscriber": "billing", "state": "dead"})
    assert "<strong>3</strong> dead deliveries of billing." in text(counted)
    assert not Replay.objects.exists()
    answer = confirmed(admin_client, subscriber="billing", state="dead", rate="2.5")
    replay = Replay.objects.get()
    assert answer.url == page(replay)
    assert (replay.subscriber, replay.state, replay.rate_per_second, replay.total) == (billing, "dead", 2.5, 3)
    assert replay.requested_by == "admin"
    assert "No consumer is running" in text(admin_client.get(answer.url))


def test_what_was_changed_after_the_count_is_counted_anew(admin_client: Client, billing: Subscriber) -> None:
    first = admin_client.post(NEW, {"subscriber": "billing", "state": "dead"})
    changed = {"subscriber": "billing", "state": "", "counted_for": first.context["form"].criteria}
    answer = admin_client.post(NEW, changed)
    assert "it is counted anew" in text(answer)
    assert "<strong>5</strong> settled deliveries of billing." in text(answer)
    assert not Replay.objects.exists()


def test_to_count_again_asks_for_nothing(admin_client: Client, billing: Subscriber) -> None:
    first = admin_client.post(NEW, {"state": "dead"})
    admin_client.post(NEW, {"state": "dead", "counted_for": first.context["form"].criteria, "recount": ""})
    assert not Replay.objects.exists()


def test_a_link_may_name_the_criteria_but_never_confirms(admin_client: Client, billing: Subscriber) -> None:
    first = admin_client.get(NEW, {"subscriber": billing.pk, "state": "dead"})
    assert first.context["counted"].number == 3
    admin_client.get(NEW, {"state": "dead", "counted_for": first.context["form"].criteria})
    assert not Replay.objects.exists()


@pytest.mark.parametrize(
    ("criteria", "reason"),
    [
        ({}, "Say what to replay"),
        ({"rate": "5"}, "Say what to replay"),
        ({"subscriber": "nobody"}, "There is no subscriber with the name or id nobody."),
        ({"state": "pending"}, "Select a valid choice"),
        ({"reason": "paused"}, "Select a valid choice"),
        ({"state": "dead", "since": "yesterday"}, "is no time: write 2h"),
        ({"state": "dead", "since": "1h", "until": "2h"}, "The time span is empty"),
        ({"state": "dead", "rate": "-1"}, "A rate is between"),
        ({"state": "dead", "rate": "fast"}, "Enter a number"),
    ],
)
def test_what_cannot_be_replayed_is_refused_in_words(
    admin_client: Client, criteria: dict[str, str], reason: str
) -> None:
    answer = admin_client.post(NEW, criteria or {"topic": ""})
    assert reason in text(answer)
    assert answer.context["counted"] is None


def test_the_reasons_that_are_offered_are_those_for_which_something_can_be_replayed(admin_client: Client) -> None:
    billing = make_subscriber(name="billing")
    for reason in Delivery.Reason:
        state = "held" if reason in HELD_REASONS else "dead"
        make_delivery(billing, state=state, reason=reason)
    offered = {value for value, _ in admin_client.get(NEW).context["form"].fields["reason"].choices}
    counts = {reason: admin_client.get(NEW, {"reason": reason}).context["counted"] for reason in offered - {""}}
    assert {reason for reason, count in counts.items() if not count or count.number != 1} == set()
    never = {"deferred", "deleted"}  # the one is not written any more, and to a deleted subscriber nothing is sent
    assert offered == set(Delivery.Reason.values) - set(HELD_REASONS) - never


def test_nothing_is_replayed_to_a_deleted_subscriber(admin_client: Client, billing: Subscriber) -> None:
    billing.delete()
    for named in ("billing", str(billing.pk)):
        answer = admin_client.get(MATCHING, {"subscriber": named, "state": "dead"}, follow=True)
        assert "billing was deleted, so nothing can be sent to it." in text(answer)
        assert answer.context["counted"] is None
    namesake = make_subscriber(name="billing")
    make_settled(1, namesake)
    assert admin_client.get(NEW, {"subscriber": "billing", "state": "dead"}).context["counted"].number == 1


def test_the_form_is_shown_empty_at_first(admin_client: Client) -> None:
    answer = admin_client.get(NEW)
    assert answer.context["form"].errors == {}
    assert "Say what to replay" not in text(answer)


def test_the_list_and_the_page_show_how_far_it_is(admin_client: Client, billing: Subscriber) -> None:
    running = ask(subscriber=billing, state="dead", topic="orders", rate_per_second=0.5)
    assert "Dead deliveries of billing on orders" in text(admin_client.get(LIST))
    carry_out(running)
    Replay.objects.filter(pk=running.pk).update(refused={"a replay of it is under way": 2})
    for shown in (text(admin_client.get(LIST)), text(admin_client.get(page(running)))):
        assert "1 made, 2 left out of 3 (100%)" in shown
        assert "0.5 a second" in shown
    assert "2: a replay of it is under way" in shown


def test_one_with_too_many_to_count_shows_what_was_sent(admin_client: Client) -> None:
    replay = ask(state="dead")
    Replay.objects.filter(pk=replay.pk).update(total=None, done=12_345)
    assert "12,345 made" in text(admin_client.get(page(replay)))


def test_a_running_one_is_stopped_by_a_post(admin_client: Client) -> None:
    running = ask(state="dead")
    url = reverse("admin:dispatch_replay_stop", args=[running.pk])
    assert url in text(admin_client.get(page(running)))
    admin_client.get(url)
    assert Replay.objects.get().is_running, "looking at the dialog must not stop it"
    answer = admin_client.post(url, {"_form_submitted": "True"})
    assert answer.headers["HX-Redirect"] == page(running)
    assert Replay.objects.get().status == "stopped"
    after = text(admin_client.get(page(running)))
    assert "Stopped." in after
    assert url not in after
    admin_client.post(url, {"_form_submitted": "True"})
    assert "It was over already." in text(admin_client.get(LIST))


def test_its_deliveries_are_listed_and_lead_back(admin_client: Client, billing: Subscriber) -> None:
    done = carry_out(ask(subscriber=billing, state="dead"))
    url = f"{DELIVERIES}?replay={done.pk}"
    assert url in text(admin_client.get(page(done)))
    listed = list(admin_client.get(url).context["cl"].result_list)
    assert len(listed) == 3
    shown = text(admin_client.get(reverse("admin:dispatch_delivery_change", args=[listed[0].pk])))
    assert page(done) in shown


def test_a_selection_leaves_a_row_that_says_who_asked(admin_client: Client, billing: Subscriber) -> None:
    chosen = list(Delivery.objects.filter(state="dead").values_list("pk", flat=True))
    admin_client.post(DELIVERIES, {"action": "replay_selected", "_selected_action": chosen})
    done = Replay.objects.get()
    assert (done.status, done.done, done.total, done.requested_by) == ("done", 3, 3, "admin")
    assert "Chosen deliveries" in text(admin_client.get(LIST))


def test_a_delivery_whose_first_was_pruned_is_shown(admin_client: Client) -> None:
    first = make_delivery(state="dead")
    [again] = replay([first.pk]).deliveries
    Delivery.objects.filter(pk=first.pk).delete()
    shown = text(admin_client.get(reverse("admin:dispatch_delivery_change", args=[again.pk])))
    assert f"{first.pk}</code>, which retention has removed" in shown


@pytest.mark.parametrize(
    ("number", "told", "button"),
    [(1, "<strong>1</strong> dead delivery.", "Replay it"), (2, "<strong>2</strong> dead deliveries.", "Replay them")],
)
def test_what_is_counted_agrees_with_its_number(admin_client: Client, number: int, told: str, button: str) -> None:
    for _ in range(number):
        make_delivery(state="dead")
    shown = text(admin_client.get(NEW, {"state": "dead"}))
    assert told in shown
    assert button in shown


def test_a_status_that_is_none_is_refused_in_words(admin_client: Client) -> None:
    assert "Write a status such as 500" in text(admin_client.get(NEW, {"status": "a lot"}))


def test_who_may_only_look_can_neither_ask_nor_stop(client: Client, django_user_model: Any) -> None:
    viewer = django_user_model.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.add(*Permission.objects.filter(codename__in=("view_replay", "view_delivery")))
    client.force_login(viewer)
    running = ask(state="dead")
    stop = reverse("admin:dispatch_replay_stop", args=[running.pk])
    shown = text(client.get(page(running)))
    assert stop not in shown
    assert client.post(stop, {"_form_submitted": "True"}).status_code == 403
    assert client.post(NEW, {"state": "dead"}).status_code == 403
    assert client.get(f"{MATCHING}?state__exact=dead").status_code == 403
    assert "Replay all that match" not in text(client.get(DELIVERIES, {"state__exact": "dead"}))
    assert Replay.objects.get().is_running


def test_with_a_consumer_nothing_is_warned_of(admin_client: Client, billing: Subscriber) -> None:
    Consumer.objects.create(host="here", process_id=1, queue="embedded", concurrency=8, beat_at=timezone.now())
    answer = confirmed(admin_client, state="dead", since=str(timezone.now() - timedelta(hours=1)))
    assert "No consumer is running" not in text(admin_client.get(answer.url))


def told(client: Client, replay: Replay) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(reverse("admin:dispatch_replay_progress", args=[replay.pk])).json()
    return answer


def test_progress_is_told_until_it_is_over(admin_client: Client, billing: Subscriber) -> None:
    running = ask(subscriber=billing, state="dead")
    assert told(admin_client, running) == {"is_over": False, "percent": 0, "text": "0 made of 3 (0%)"}
    url = reverse("admin:dispatch_replay_progress", args=[running.pk])
    for shown in (page(running), LIST, DELIVERIES):
        assert f'data-progress="{url}"' in text(admin_client.get(shown))
    carry_out(running)
    assert told(admin_client, running) == {"is_over": True, "percent": 100, "text": "3 made of 3 (100%)"}
    assert url not in text(admin_client.get(DELIVERIES))
