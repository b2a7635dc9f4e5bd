"""What the workbench asks the hub: rights, bounds and answers."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from dispatch import recent, turns
from tests.dispatch.ledger.rows import make_event, make_subscriber

pytestmark = pytest.mark.django_db

QUESTIONS = ("check", "recent", "explanation", "comparison")


def address(question: str) -> str:
    return reverse(f"admin:subscribers_subscriber_{question}")


def ask(client: Client, question: str, **fields: Any) -> dict[str, Any]:
    answer = client.post(address(question), fields)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def signed_in_as(role: str) -> Client:
    user = User.objects.create_user(role, password="x", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def event(**data: Any) -> Any:
    text = json.dumps(data)
    return make_event(payload=text, size=len(text))


@pytest.mark.parametrize("question", QUESTIONS)
def test_who_may_not_write_subscribers_asks_nothing(question: str) -> None:
    assert signed_in_as("viewer").post(address(question), {"topic": "orders"}).status_code == 403


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_operator_asks(question: str) -> None:
    assert "problem" not in ask(signed_in_as("operator"), question, topic="orders", expression="", payload="{}")


def test_a_slip_is_told_of_what_is_a_filter(admin_client: Client) -> None:
    slip = ask(admin_client, "check", expression='data["country"] == "DE" or "NL"')["slip"]
    assert "stands alone" in slip["message"]
    assert ask(admin_client, "check", expression='data["country"] == "DE"') == {}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_posted_with_the_token_of_the_form(admin_user: User, question: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert client.post(address(question), {}).status_code == 403
    assert client.get(address(question)).status_code == 405


def test_who_writes_but_sees_no_events_gets_none_of_them(admin_user: User) -> None:
    client = signed_in_as("operator")
    for permission in Group.objects.get(name="operator").permissions.filter(codename="view_event"):
        Group.objects.get(name="operator").permissions.remove(permission)
    for question, fields in (("recent", {}), ("comparison", {}), ("explanation", {"event": str(event().pk)})):
        assert client.post(address(question), {"topic": "orders", **fields}).status_code == 403
    assert ask(client, "explanation", expression="1 == 1", payload="{}")["verdict"] == "true"


def test_a_refused_expression_is_told_with_place_and_hint(admin_client: Client) -> None:
    assert ask(admin_client, "check", expression='data["a"] == limit') == {
        "refused": {
            "message": "The name limit is not known; a filter knows only data.",
            "line": 1,
            "column": 14,
            "end_column": 19,
            "hint": 'Did you mean data["limit"], or the text "limit"?',
        }
    }
    assert ask(admin_client, "check", expression='data["a"] == 1') == {}


def test_every_part_is_explained_and_no_secret_shown(admin_client: Client) -> None:
    made = event(body={"total": 7}, headers={"Authorization": "Bearer hunter2"})
    expression = 'data["gone"] == 1 or data["headers"]["Authorization"] == "x" or data["body"]["total"] == 7'
    answer = ask(admin_client, "explanation", expression=expression, event=str(made.pk))
    parts = answer["explanation"]["parts"]
    assert [(part["verdict"], part["unknown"]) for part in parts] == [
        ("unknown", "There is no key 'gone'."),
        ("false", ""),
        ("true", ""),
    ]
    assert answer["verdict"] == "true"
    assert "hunter2" not in json.dumps(answer)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"event": "no id"}, "no event with this id"),
        ({"event": "0198c0de-0000-7000-8000-000000000000"}, "no event with this id"),
        ({"payload": "{"}, "It is not JSON"),
        ({"payload": "[]"}, "must be an object"),
        ({"payload": '{"body": "' + "x" * (256 << 10) + '"}'}, "longer than the 256 KiB"),
        ({"payload": '{"body": ' + "[" * 300 + "]" * 300 + "}"}, "nested deeper"),
    ],
)
def test_what_cannot_be_explained_says_why(admin_client: Client, fields: dict[str, str], problem: str) -> None:
    assert problem in ask(admin_client, "explanation", expression="1 == 1", **fields)["problem"]


def test_a_comparison_is_against_the_saved_filter_and_links_events(admin_client: Client) -> None:
    small, large = event(body=1), event(body=9)
    saved = make_subscriber(filter_expression='data["body"] < 5')
    answer = ask(admin_client, "comparison", topic="orders", expression='data["body"] > 5', subscriber=saved.pk)
    assert (answer["looked_at"], answer["has_saved"], answer["taken"]["count"]) == (2, True, 1)
    link = {"id": str(large.pk), "url": reverse("admin:dispatch_event_change", args=[large.pk])}
    assert answer["gained"] == {"count": 1, "events": [link]}
    assert [each["id"] for each in answer["lost"]["events"]] == [str(small.pk)]


def test_a_comparison_waits_for_no_turn(admin_client: Client) -> None:
    with turns.turn(), turns.turn():
        assert "try again" in ask(admin_client, "comparison", topic="orders", expression="")["problem"]
    assert ask(admin_client, "comparison", topic="orders", expression="")["looked_at"] == 0


def test_a_topic_that_is_none_is_told(admin_client: Client) -> None:
    assert "needs a name" in ask(admin_client, "recent", topic="")["problem"]


def test_recent_events_come_with_names_and_without_values(admin_client: Client) -> None:
    older = event(body={"items": [{"price": 5}], "note": "hunter2"})
    newer = event(headers={"Authorization": "hunter3"})
    make_event(topic="orders.other")
    answer = ask(admin_client, "recent", topic="orders")
    assert [each["id"] for each in answer["events"]] == [str(newer.pk), str(older.pk)]
    assert answer["names"] == {
        "body": {"items": {"[]": {"price": {}}}, "note": {}},
        "headers": {"Authorization": {}},
    }
    assert "hunter" not in json.dumps(answer)
    assert len(ask(admin_client, "recent", topic="orders*")["events"]) == 3


def test_names_are_bounded(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    event(body={f"key {number}": 1 for number in range(2 * recent.NAMES)})
    event(deep=json.loads("[" * 50 + "]" * 50))
    event(body={"large": "x" * recent.READ_BYTES})
    names = ask(admin_client, "recent", topic="orders")["names"]
    assert "large" not in names.get("body", {})
    assert _count(names) <= recent.NAMES
    assert _depth(names) <= recent.DEPTH


def _count(names: dict[str, Any]) -> int:
    return sum(1 + _count(below) for below in names.values())


def _depth(names: dict[str, Any]) -> int:
    return 1 + max(map(_depth, names.values())) if names else 0


def test_questions_are_bounded_in_queries(admin_client: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        event(body=number)
    subscriber = make_subscriber()
    for question in QUESTIONS:
        with django_assert_max_num_queries(8):
            ask(admin_client, question, topic="orders", expression="", payload="{}", subscriber=subscriber.pk)


def test_the_form_has_the_parts_that_its_user_may_use(admin_client: Client) -> None:
    subscriber = make_subscriber()
    form = reverse("admin:subscribers_subscriber_change", args=[subscriber.pk])
    shown = admin_client.get(form).content.decode()
    assert 'id="switch-workbench"' in shown
    assert 'id="switch-test"' in shown
    shown = signed_in_as("viewer").get(form).content.decode()
    assert 'id="switch-workbench"' not in shown
    assert 'id="switch-test"' not in shown
