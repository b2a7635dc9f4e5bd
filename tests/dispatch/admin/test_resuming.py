"""The end of a pause in the admin, of one subscriber or of several: what is held is told, sent or discarded."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from dispatch import resuming
from dispatch.models import Delivery
from subscribers.models import Subscriber
from tests.dispatch.admin.pages import text
from tests.dispatch.admin.subscriber_pages import LIST, SUBMITTED, url
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db


def test_the_page_tells_how_many_are_held_and_since_when(admin_client: Client, paused: Subscriber) -> None:
    shown = text(admin_client.get(url(paused)))
    assert "2 (the subscriber is paused)</a>, the oldest for 3\xa0hours" in shown
    assert f"{reverse('admin:dispatch_delivery_changelist')}?subscriber={paused.pk}&amp;state=held" in shown


def test_the_dialog_offers_to_send_or_to_discard(admin_client: Client, paused: Subscriber) -> None:
    shown = text(admin_client.get(url(paused, "resume")))
    assert "Held for it: 2" in shown
    assert "Discard it" in shown
    assert "Nothing is held for it" in text(admin_client.get(url(make_subscriber(state="paused"), "resume")))
    assert Subscriber.objects.paused().count() == 2, "looking at the dialog must not resume"


@pytest.mark.parametrize("choice", [{"backlog": "send"}, {}], ids=["send", "no word"])
def test_a_backlog_is_sent(admin_client: Client, paused: Subscriber, choice: dict[str, str]) -> None:
    admin_client.post(url(paused, "resume"), SUBMITTED | choice)
    assert Subscriber.objects.active().exists()
    assert Delivery.objects.held().count() == 2, "the reconciler releases it"
    assert "is sent, oldest first; that begins within seconds" in text(admin_client.get(url(paused)))


def test_a_backlog_is_discarded(admin_client: Client, paused: Subscriber) -> None:
    admin_client.post(url(paused, "resume"), SUBMITTED | {"backlog": "discard"})
    assert Subscriber.objects.active().exists()
    assert Delivery.objects.filter(state="cancelled", reason="discarded").count() == 2
    assert "Discarded: 2." in text(admin_client.get(url(paused)))


def test_a_choice_that_is_not_offered_changes_nothing(admin_client: Client, paused: Subscriber) -> None:
    admin_client.post(url(paused, "resume"), SUBMITTED | {"backlog": "nonsense"})
    assert Subscriber.objects.paused().exists()


@pytest.mark.parametrize(
    ("before", "given", "after"), [(None, "20", 20), (5, "", 5), (None, "", None)], ids=["new", "kept", "none"]
)
def test_a_rate_limit_holds_from_the_moment_of_the_resumption(
    admin_client: Client, paused: Subscriber, before: float | None, given: str, after: float | None
) -> None:
    Subscriber.objects.filter(pk=paused.pk).update(rate_limit_per_second=before)
    stands = f"it stays as it is, {before:g} a second." if before else "it stays as it is, none."
    assert stands in text(admin_client.get(url(paused, "resume")))
    changes = paused.history.count()
    admin_client.post(url(paused, "resume"), SUBMITTED | {"backlog": "send", "rate": given})
    paused.refresh_from_db()
    assert (paused.state, paused.rate_limit_per_second) == ("active", after)
    assert paused.history.count() == changes + 1, "it is one change, so that nothing is sent faster in between"


@pytest.mark.parametrize("rate", ["0", "-1", "fast", "nan"])
def test_a_rate_that_is_none_resumes_nothing(admin_client: Client, paused: Subscriber, rate: str) -> None:
    admin_client.post(url(paused, "resume"), SUBMITTED | {"backlog": "send", "rate": rate})
    assert Subscriber.objects.paused().exists()


@pytest.fixture
def others(paused: Subscriber) -> list[Subscriber]:
    """Another that is paused, for which one delivery is held, and one that is active, for which one waits."""
    resting, active = make_subscriber(name="crm", state="paused"), make_subscriber(name="shop")
    make_delivery(resting, state="held", reason="paused")
    make_delivery(active)
    return [resting, active]


def selected(*subscribers: Subscriber, **more: str) -> dict[str, Any]:
    return {"action": "resume_selected", "_selected_action": [each.pk for each in subscribers], **more}


def test_several_are_asked_about_before_they_are_resumed(
    admin_client: Client, paused: Subscriber, others: list[Subscriber]
) -> None:
    shown = text(admin_client.post(LIST, selected(paused, *others)))
    assert "Resume 2 paused subscribers?" in shown
    assert "Deliveries that wait for them: <strong>3</strong>" in shown
    assert "Discard it" in shown
    assert Subscriber.objects.paused().count() == 2


@pytest.mark.parametrize("choice", ["send", ""])
def test_the_backlog_of_several_is_sent(
    admin_client: Client, paused: Subscriber, others: list[Subscriber], choice: str
) -> None:
    posted = selected(paused, *others, post="yes", backlog=choice)
    shown = text(admin_client.post(LIST, posted, follow=True))
    assert "Resumed: 2. What was held is sent, oldest first; that begins within seconds." in shown
    assert not Subscriber.objects.paused().exists()
    assert Delivery.objects.held().count() == 3, "the reconciler releases it"


def test_the_backlog_of_several_is_discarded(
    admin_client: Client, paused: Subscriber, others: list[Subscriber]
) -> None:
    posted = selected(paused, *others, post="yes", backlog="discard")
    assert "Resumed: 2. Discarded: 3." in text(admin_client.post(LIST, posted, follow=True))
    assert not Delivery.objects.held().exists()
    assert list(Delivery.objects.waiting().values_list("subscriber", flat=True)) == [others[1].pk]


def test_a_nonsense_choice_for_several_changes_nothing(admin_client: Client, paused: Subscriber) -> None:
    shown = text(admin_client.post(LIST, selected(paused, post="yes", backlog="nonsense")))
    assert "Select a valid choice" in shown
    assert Subscriber.objects.paused().exists()


def test_where_none_is_paused_nothing_is_asked(admin_client: Client, others: list[Subscriber]) -> None:
    answer = admin_client.post(LIST, selected(others[1], post="yes", backlog="discard"), follow=True)
    assert "None of them is paused." in text(answer)
    assert Delivery.objects.waiting().filter(subscriber=others[1]).exists()


def test_who_may_only_look_resumes_none(client: Client, django_user_model: Any, paused: Subscriber) -> None:
    viewer = django_user_model.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_subscriber"))
    client.force_login(viewer)
    client.post(LIST, selected(paused, post="yes"))
    assert Subscriber.objects.paused().exists()


def test_a_backlog_that_goes_out_shows_how_far_it_is(admin_client: Client, paused: Subscriber) -> None:
    asked = reverse("admin:subscribers_subscriber_held", args=[paused.pk])
    assert asked not in text(admin_client.get(url(paused))), "what is paused does not go out"
    assert admin_client.get(asked).json()["is_over"]
    admin_client.post(url(paused, "resume"), SUBMITTED | {"backlog": "send"})
    assert f'data-progress="{asked}" data-left="2"' in text(admin_client.get(url(paused)))
    assert admin_client.get(asked).json() == {
        "is_over": False,
        "percent": None,
        "left": 2,
        "text": "2 left to send",
    }
    Delivery.objects.held().update(state="pending", reason="")
    assert admin_client.get(asked).json()["is_over"]


def test_a_large_backlog_is_told_as_at_least(
    admin_client: Client, paused: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resuming, "COUNTED", 1)
    assert "Held for it: 1+" in text(admin_client.get(url(paused, "resume")))
