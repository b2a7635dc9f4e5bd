"""What deliveries add to a subscriber's page: the backlog of a pause, its end, deletion."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dispatch import resuming
from dispatch.admin import ledger, narrowing
from dispatch.models import Delivery, Health, Replay
from subscribers.models import Subscriber
from tests.dispatch.ledger.rows import make_delivery, make_event, make_subscriber

pytestmark = pytest.mark.django_db

LIST = reverse("admin:subscribers_subscriber_changelist")
SUBMITTED = {"_form_submitted": "True"}


def url(subscriber: Subscriber, act: str = "change") -> str:
    return reverse(f"admin:subscribers_subscriber_{act}", args=[subscriber.pk])


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def paused() -> Subscriber:
    """It has two held deliveries and one that is dead."""
    subscriber = make_subscriber(name="billing", state="paused")
    make_delivery(subscriber, state="held", reason="paused", created_at=timedelta(hours=-3))
    make_delivery(subscriber, state="held", reason="paused")
    make_delivery(subscriber, state="dead")
    return subscriber


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


def listed(client: Client, **query: Any) -> list[str]:
    return [each.name for each in client.get(LIST, query).context["cl"].result_list]


def test_the_list_is_narrowed_to_who_hears_of_a_topic(admin_client: Client) -> None:
    for name, topic in (("exact", "order.paid"), ("pattern", "order.*"), ("all", "*"), ("other", "order.p")):
        make_subscriber(name=name, topic=topic)
    assert listed(admin_client, topic="order.paid") == ["all", "pattern", "exact"]
    assert listed(admin_client, topic="order.*") == ["all", "pattern"]
    assert listed(admin_client, topic="stock") == ["all"]


def test_the_list_is_narrowed_to_who_does_badly(admin_client: Client) -> None:
    for name in ("well", "failing", "alone", "undecided"):
        make_subscriber(name=name)
    Health.objects.create(subscriber=Subscriber.objects.get(name="well"))
    now = timezone.now()
    Health.objects.create(subscriber=Subscriber.objects.get(name="failing"), failing_since=now)
    Health.objects.create(
        subscriber=Subscriber.objects.get(name="alone"), breaker="open", cause="throttled", open_until=now
    )
    Subscriber.objects.filter(name="undecided").update(filter_error_count=3)
    assert listed(admin_client, trouble="failing") == ["failing"]
    assert listed(admin_client, trouble="left_alone") == ["alone"]
    assert listed(admin_client, trouble="undecided") == ["undecided"]
    assert len(listed(admin_client)) == 4


def test_the_list_goes_by_a_cursor_and_counts_nothing(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger.CursorAdmin, "list_per_page", 2)
    for number in range(5):
        make_subscriber(name=f"{number}")
    answer = admin_client.get(LIST)
    shown = answer.context["cl"]
    assert [each.name for each in shown.result_list] == ["4", "3"]
    second = admin_client.get(LIST + shown.older).context["cl"]
    assert [each.name for each in second.result_list] == ["2", "1"]
    assert [each.name for each in admin_client.get(LIST + second.newer).context["cl"].result_list] == ["4", "3"]
    assert not re.search(r"\d+ results", text(answer))
    assert "across all pages" not in text(answer)


def test_where_none_is_found_it_says_how_the_list_is_searched(admin_client: Client) -> None:
    make_subscriber(name="billing")
    assert "billing" in text(admin_client.get(LIST, {"q": "illin"}))
    assert "The search finds any part of a name" in text(admin_client.get(LIST, {"q": "shipping"}))


def test_topics_of_subscribers_are_suggested_above_their_list(admin_client: Client) -> None:
    make_subscriber(topic="order.*")
    make_subscriber(topic="order.wanted")
    make_event(topic="order.published")
    make_subscriber(topic="order.gone").delete()
    asked = reverse("suggest_topics", query={"wanted": "1"})
    assert f'data-suggest="{asked}"' in text(admin_client.get(LIST))

    def suggested(typed: str) -> list[str]:
        answer = admin_client.get(reverse("suggest_topics"), {"wanted": "1", "q": typed})
        return [each["value"] for each in answer.json()["results"]]

    assert suggested("order") == ["order.*", "order.published", "order.wanted"]
    assert suggested("order.*") == ["order.*"]
    assert suggested("order.gone") == []


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


def named(names: Iterable[str]) -> None:
    for number, name in enumerate(names):
        make_subscriber(name=name, topic=f"topic.{number % 2}")


def read_through(client: Client, order: str, **query: str) -> list[Subscriber]:
    """All pages of the list in this order, each of which leads back to the one before it."""
    at = f"?{urlencode({'o': order, **query})}"
    rows: list[Subscriber] = []
    before: list[Subscriber] = []
    while at:
        shown = client.get(LIST + at).context["cl"]
        page, back, at = list(shown.result_list), shown.newer, shown.older
        if before:
            assert list(client.get(LIST + back).context["cl"].result_list) == before
        rows += page
        before = page
    return rows


@pytest.mark.parametrize("turned", ["", "-"])
@pytest.mark.parametrize(("column", "by"), [(1, "name"), (2, "topic")])
def test_the_list_is_sorted_by_name_and_topic_over_its_pages(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, column: int, by: str, turned: str
) -> None:
    monkeypatch.setattr(ledger.CursorAdmin, "list_per_page", 3)
    named(["delta", "alpha", "", "charlie", "bravo", "", "echo", "golf"])
    rows = read_through(admin_client, f"{turned}{column}")
    keys = [(getattr(each, by), each.pk) for each in rows]
    assert keys == sorted(keys, reverse=bool(turned))
    assert len(keys) == 8


def test_a_sorted_list_is_narrowed_as_well(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger.CursorAdmin, "list_per_page", 2)
    monkeypatch.setattr(narrowing, "LOOKED_AT", 3)
    named(["delta", "alpha", "charlie", "bravo", "echo", "golf"])
    Subscriber.objects.filter(name__in=["alpha", "golf"]).update(state="paused")
    first = admin_client.get(LIST, {"o": "1", "state": "paused"})
    assert [each.name for each in first.context["cl"].result_list] == ["alpha"]
    further = admin_client.get(LIST + first.context["cl"].further)
    assert [each.name for each in further.context["cl"].result_list] == ["golf"]
    assert '<input type="hidden" name="o" value="1">' in text(first), "a filter keeps the order"


@pytest.mark.parametrize("order", ["4", "3", "99", "x", "", "-0"])
def test_what_has_no_index_is_not_sorted_by(admin_client: Client, order: str) -> None:
    named(["bravo", "alpha"])
    shown = admin_client.get(LIST, {"o": order}).context["cl"]
    assert [each.name for each in shown.result_list] == ["alpha", "bravo"], "newest first"


def test_only_the_first_of_several_columns_counts(admin_client: Client) -> None:
    named(["bravo", "alpha", "charlie"])
    shown = admin_client.get(LIST, {"o": "1.-2"}).context["cl"]
    assert [each.name for each in shown.result_list] == ["alpha", "bravo", "charlie"]


def test_a_page_of_the_sorted_list_is_read_off_its_index(admin_client: Client) -> None:
    named(["bravo", "alpha"])
    cursor = Subscriber.objects.get(name="alpha").pk
    for column, index in ((1, "subscriber_name"), (2, "subscriber_topic")):
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(LIST, {"o": str(column), "before": str(cursor)})
        [page] = [each["sql"] for each in captured if "LIMIT 51" in each["sql"]]
        if connection.vendor == "sqlite":  # a few rows are sorted by Postgres without the index
            plan = explained(page)
            assert index in plan
            assert "TEMP B-TREE" not in plan


def explained(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return str(cursor.fetchall())
