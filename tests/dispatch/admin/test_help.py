"""Each field of a form says in words what it wants, where a screen reader finds it."""

import re

import pytest
from django.forms import BaseForm
from django.test import Client
from django.urls import reverse

from dispatch.admin.api_keys import ApiKeyForm
from dispatch.admin.forms import ReplayForm
from dispatch.admin.past_events import PastEventsForm
from dispatch.admin.resuming import ResumeForm, ResumeSelectedForm
from dispatch.admin.rotating import RotationForm
from dispatch.admin.why_not import WhyForm
from subscribers.forms import PauseForm, SubscriberForm
from tests.dispatch.ledger.rows import make_event, make_subscriber

pytestmark = pytest.mark.django_db

FORMS = (
    *(ApiKeyForm, PastEventsForm, PauseForm, ReplayForm, ResumeForm, ResumeSelectedForm, RotationForm),
    *(SubscriberForm, WhyForm),
)
#: Their texts say how the subscriber's limit stands, and when its overlap ends.
WRITTEN_FOR_EACH = {(ResumeForm, "rate"), (RotationForm, "force")}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_each_field_has_a_help_text(form: type[BaseForm]) -> None:
    shown = {name: field for name, field in form.base_fields.items() if not field.widget.is_hidden}
    without = {(form, name) for name, field in shown.items() if not field.help_text}
    assert without <= WRITTEN_FOR_EACH


def test_a_groups_name_has_one_too(admin_client: Client) -> None:
    text = admin_client.get(reverse("admin:auth_group_add")).content.decode()
    assert "viewer, operator and admin are made" in text


@pytest.mark.parametrize("name", ["new replay", "past events", "why not", "event", "API key", "resume", "new secret"])
def test_what_a_field_points_at_is_there(admin_client: Client, name: str) -> None:
    subscriber, event = make_subscriber(state="paused"), make_event()
    url = {
        "new replay": reverse("admin:dispatch_replay_new"),
        "past events": reverse("admin:subscribers_subscriber_deliver_past", args=[subscriber.pk]),
        "why not": reverse("why_not"),
        "event": reverse("admin:dispatch_event_change", args=[event.pk]),
        "API key": reverse("admin:dispatch_apikey_add"),
        "resume": reverse("admin:subscribers_subscriber_resume", args=[subscriber.pk]),
        "new secret": reverse("admin:subscribers_subscriber_rotate_secret", args=[subscriber.pk]),
    }[name]
    text = admin_client.get(url).content.decode()
    described = set(re.findall(r'aria-describedby="([\w-]+)"', text))
    assert described, "the form has help"
    assert described <= set(re.findall(r'\bid="([\w-]+)"', text))
