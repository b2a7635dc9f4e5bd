"""The flow map's page: its data for the picture, the same in tables, and links to what is shown."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from dispatch.admin import flow_map
from tests.dispatch.dashboard.counters import published, tried
from tests.dispatch.ledger.rows import make_delivery, make_subscriber

pytestmark = pytest.mark.django_db

RECENTLY = timedelta(minutes=30)


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, the past is added up with the first look."""
    monkeypatch.setattr(flow_map, "ADDING_UP_SECONDS", 60.0)


def page(client: Client, **query: str) -> Any:
    answer = client.get(reverse("flow_map"), query)
    assert answer.status_code == 200
    return answer


def test_the_picture_and_the_tables_tell_the_same(admin_client: Client) -> None:
    subscriber = make_subscriber(name="billing")
    make_delivery(subscriber)
    published(RECENTLY, events=7, deliveries=7)
    tried(RECENTLY, subscriber, "200", 5)
    tried(RECENTLY, subscriber, "503", 6)
    found = page(admin_client).context
    nodes, links = found["picture"]["nodes"], found["picture"]["links"]
    assert [(node["name"], node["column"], node["url"]) for node in nodes] == [
        ("shop", 0, "#published"),
        ("orders", 1, reverse("admin:dispatch_event_changelist", query={"topic": "orders"})),
        ("billing", 2, reverse("admin:subscribers_subscriber_change", args=[subscriber.pk])),
    ]
    assert [(link["source"], link["target"], link["value"], link["isFailed"]) for link in links] == [
        (0, 1, 7, False),
        (1, 2, 5, False),
        (1, 2, 6, True),
    ]
    assert nodes[2]["isFailing"]
    assert nodes[2]["title"] == "billing: 11 tries, 6 failed"
    assert [(row["count"], row["part"]) for row in (*found["published"], *found["sent"])] == [("7", "7"), ("11", "6")]


def test_who_is_heard_by_nobody_and_who_never_matched_stand_out(admin_client: Client) -> None:
    published(RECENTLY, events=7, deliveries=0, topic="quiet")
    make_subscriber(name="idle")
    found = page(admin_client)
    text = found.content.decode()
    assert "Heard by nobody" in text
    assert "Never matched" in text
    by_name = {node["name"]: node for node in found.context["picture"]["nodes"]}
    assert by_name["quiet"]["isUnheard"]
    assert by_name["quiet"]["title"] == "quiet: heard by nobody"
    assert by_name["idle"]["isSilent"]


def test_an_empty_map_says_what_to_do(admin_client: Client) -> None:
    text = page(admin_client).content.decode()
    assert "manage.py publish" in text
    assert "Heard by nobody" not in text


def test_names_of_publishers_cannot_leave_the_data(admin_client: Client) -> None:
    published(RECENTLY, events=1, deliveries=1, author="</script><script>alert(1)</script>", topic="<b>")
    text = page(admin_client).content.decode()
    assert "<script>alert" not in text
    assert "<b>" not in text


def test_the_part_is_the_tables_alone_and_the_span_may_be_chosen(admin_client: Client) -> None:
    published(timedelta(days=3), events=7, deliveries=7)
    assert page(admin_client).context["published"] == []
    assert len(page(admin_client, span="week").context["published"]) == 1
    text = page(admin_client, span="week", part="").content.decode()
    assert "flow-data" in text
    assert "<html" not in text
    assert page(admin_client, span="year").context["span"] == "day"


def test_a_user_without_the_right_to_see_deliveries_is_refused(client: Client) -> None:
    client.force_login(User.objects.create_user("somebody", is_staff=True))
    assert client.get(reverse("flow_map")).status_code == 403


def test_the_page_asks_a_bounded_number_of_questions(admin_client: Client, django_assert_max_num_queries: Any) -> None:
    for place in range(12):
        tried(RECENTLY, make_subscriber(), "500", 1)
        published(RECENTLY, 1, 1, topic=f"topic-{place}")
    with django_assert_max_num_queries(30):
        page(admin_client)
    with django_assert_max_num_queries(15):
        page(admin_client)
