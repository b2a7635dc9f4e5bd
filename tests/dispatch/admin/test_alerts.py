"""Alerts in the admin: the open ones on the dashboard, all in a list, and nothing to change."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from dispatch.models import Alert, Notice
from tests.dispatch.ledger.rows import make_subscriber

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def make_alert(sentence: str, **fields: object) -> Alert:
    given = {"kind": "failing", "since": NOW - timedelta(hours=1), "noticed_at": NOW, "told_at": NOW, **fields}
    return Alert.objects.create(key=sentence, sentence=sentence, **given)


@pytest.fixture
def viewer(client: Client) -> Client:
    user = User.objects.create_user("viewer", is_staff=True)
    user.groups.add(Group.objects.get(name="viewer"))
    client.force_login(user)
    return client


@pytest.fixture(autouse=True)
def _alerts_are_on(settings: Settings) -> None:
    settings.SWITCH_ALERT_WEBHOOK_URL = "http://127.0.0.1:9/"


def test_dashboard_shows_those_that_were_told_and_are_not_over(viewer: Client) -> None:
    make_alert("It is open.")
    make_alert("It has just begun.", told_at=None)
    make_alert("It is over.", ended_at=NOW)
    page = viewer.get(reverse("admin:index")).content.decode()
    assert "It is open." in page
    assert "It has just begun." not in page
    assert "It is over." not in page


def test_dashboard_shows_none_once_alerts_go_nowhere(viewer: Client, settings: Settings) -> None:
    make_alert("It was open when the settings changed.")
    settings.SWITCH_ALERT_WEBHOOK_URL = ""
    assert "It was open when" not in viewer.get(reverse("admin:index")).content.decode()


def test_list_is_narrowed_by_state_kind_and_subscriber(viewer: Client) -> None:
    subscriber = make_subscriber(name="billing")
    theirs = make_alert("Theirs.", subscriber=subscriber)
    over = make_alert("Over.", kind="backlog", ended_at=NOW)
    for query, expected in (
        ({"state": "open"}, [theirs]),
        ({"state": "over"}, [over]),
        ({"kind": "backlog"}, [over]),
        ({"subscriber": "billing"}, [theirs]),
        ({}, [over, theirs]),
    ):
        page = viewer.get(reverse("admin:dispatch_alert_changelist"), query)
        assert list(page.context["cl"].result_list) == expected


def test_page_tells_what_was_said_by_which_channel_and_offers_no_change(viewer: Client) -> None:
    alert = make_alert("It is open.")
    Notice.objects.create(alert=alert, channel="mail", occasion="opened", tries=1, sent_at=NOW)
    Notice.objects.create(
        alert=alert, channel="webhook", occasion="opened", tries=2, due_at=NOW, last_error="The webhook answered 503."
    )
    url = reverse("admin:dispatch_alert_change", args=[alert.pk])
    page = viewer.get(url).content.decode()
    assert "Opened by mail: sent " in page
    assert "Opened by webhook: waits, after 2 tries: The webhook answered 503." in page
    assert viewer.post(url, {"sentence": "Changed."}).status_code == 403
