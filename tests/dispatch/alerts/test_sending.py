"""Notices on real wires: a webhook's receiver and a mail server on loopback."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook

from dispatch.alerts.conditions import Condition, Judgement
from dispatch.alerts.keeping import keep
from dispatch.alerts.sending import CLAIM, LONGEST, MOST_TRIES, delay, send_due
from dispatch.models import Alert, Notice
from tests.dispatch.ledger.rows import make_subscriber
from tests.flows.receiver import Answer, Receiver
from tests.servers.mailbox import Mailbox

pytestmark = pytest.mark.django_db

SECRET = "whsec_" + b64encode(b"a secret of alerts, 24 b").decode()


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    with Receiver() as receiver:
        settings.SWITCH_ALERT_WEBHOOK_URL = f"{receiver.url}/alerts"
        yield receiver


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    with Mailbox() as mailbox:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(mailbox.url.rpartition(":")[2])
        settings.SWITCH_ALERT_MAIL_TO = ["ops@example.com", "night@example.com"]
        yield mailbox


def begin() -> Alert:
    """An alert that has lasted, and is to be told."""
    subscriber = make_subscriber(name="billing")
    now = timezone.now()
    condition = Condition(Alert.Kind.FAILING, now, "Subscriber billing fails.", subscriber.pk)
    for moment in (now - timedelta(minutes=2), now):
        keep(Judgement([condition]), moment)
    return Alert.objects.get()


def send() -> None:
    send_due(lambda: False)


def make_due() -> None:
    Notice.objects.filter(due_at__isnull=False).update(due_at=timezone.now())


def test_webhook_is_signed_and_says_what_whom_and_where(receiver: Receiver, settings: Settings) -> None:
    settings.SWITCH_ALERT_WEBHOOK_SECRET = SECRET
    settings.SWITCH_PUBLIC_URL = "https://switch.example.com"
    alert = begin()
    send()
    (request,) = receiver.wait_for(1)
    content = Webhook(SECRET).verify(request.body, request.headers)
    assert content["type"] == "alert.opened"
    assert (content["data"]["alert"], content["data"]["kind"]) == (str(alert.pk), "failing")
    page = f"https://switch.example.com/admin/subscribers/subscriber/{alert.subscriber_id}/change/"
    assert content["data"]["url"] == page
    assert content["text"] == f"Subscriber fails. Subscriber billing fails.\n{page}"
    assert request.headers["webhook-id"] == str(Notice.objects.get().pk)


def test_mail_goes_to_all_with_the_sentence_for_its_text(mailbox: Mailbox) -> None:
    begin()
    send()
    (mail,) = mailbox.wait_for(1)
    assert mail["Subject"] == "[Switch] Subscriber fails"
    assert mail["To"] == "ops@example.com, night@example.com"
    assert mail.get_content().strip() == "Subscriber billing fails."


def test_one_channel_that_fails_keeps_no_other_waiting_and_is_tried_again_under_the_same_id(
    receiver: Receiver, mailbox: Mailbox
) -> None:
    receiver.answer = lambda request: Answer(503)
    begin()
    send()
    mailbox.wait_for(1)
    notice = Notice.objects.get(channel="webhook")
    assert (notice.tries, notice.sent_at, notice.last_error) == (1, None, "The webhook answered 503.")
    send()
    assert len(receiver.requests) == 1  # it waits
    receiver.answer = lambda request: Answer(204)
    make_due()
    send()
    ids = [request.headers["webhook-id"] for request in receiver.wait_for(2)]
    assert ids == [str(notice.pk)] * 2
    assert not Notice.objects.filter(due_at__isnull=False).exists()
    assert len(mailbox.mails) == 1


def test_mail_that_is_refused_is_tried_again(mailbox: Mailbox) -> None:
    mailbox.refusal = "451 later"
    begin()
    send()
    assert "451" in Notice.objects.get().last_error
    mailbox.refusal = ""
    make_due()
    send()
    mailbox.wait_for(1)


def test_what_another_process_is_sending_is_left_to_it(receiver: Receiver) -> None:
    begin()
    Notice.objects.update(due_at=timezone.now() + CLAIM)
    send()
    assert receiver.requests == []


def test_after_a_day_of_tries_it_is_given_up_and_the_next_goes(receiver: Receiver) -> None:
    receiver.answer = lambda request: Answer(400 if len(receiver.requests) == 0 else 200)
    alert = begin()
    Notice.objects.update(tries=MOST_TRIES - 1)
    now = timezone.now()
    Notice.objects.create(alert=alert, channel="webhook", occasion="over", sentence="Over.", due_at=now)
    send()
    assert [json.loads(each.body)["type"] for each in receiver.wait_for(2)] == ["alert.opened", "alert.over"]
    assert Notice.objects.order_by("id").values_list("sent_at", "due_at").first() == (None, None)


def test_webhook_at_an_address_that_deliveries_may_not_call_is_not_called(
    receiver: Receiver, settings: Settings
) -> None:
    settings.SWITCH_DELIVERY_NETWORKS = "public"
    begin()
    send()
    assert receiver.requests == []
    assert Notice.objects.get().last_error


def test_each_failure_doubles_the_wait_up_to_a_quarter_of_an_hour() -> None:
    assert [delay(tries).total_seconds() for tries in (1, 2, 3)] == [5, 10, 20]
    assert delay(MOST_TRIES) == LONGEST


def test_command_sends_a_sample_to_each_and_fails_if_one_does(
    receiver: Receiver, mailbox: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("test_alert")
    assert "The webhook answered 200." in capsys.readouterr().out
    assert receiver.wait_for(1)[0].json["type"] == "alert.test"
    mailbox.wait_for(1)
    receiver.answer = lambda request: Answer(500)
    with pytest.raises(SystemExit):
        call_command("test_alert")
    assert "The webhook answered 500." in capsys.readouterr().err
    mailbox.wait_for(2)


def test_command_says_what_to_set_where_alerts_go_nowhere() -> None:
    with pytest.raises(CommandError, match="set SWITCH_ALERT_WEBHOOK_URL"):
        call_command("test_alert")
