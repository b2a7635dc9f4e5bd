"""Alerts of a whole hub: told once by two consumers, told to be over, and in no delivery's way."""

import threading
from base64 import b64encode
from typing import Any

from standardwebhooks import Webhook

from tests.flows.publisher import publish
from tests.flows.receiver import Answer, Received, Receiver
from tests.servers.hub import HubServer
from tests.servers.mailbox import Mailbox

SECRET = "whsec_" + b64encode(b"a secret of alerts, 24 b").decode()
SOON = {"SWITCH_ALERT_FAILING_SECONDS": "1", "SWITCH_ALERT_LASTING_SECONDS": "1"}
WAIT_SECONDS = 90.0


def verified(request: Received) -> dict[str, Any]:
    content: dict[str, Any] = Webhook(SECRET).verify(request.body, request.headers)
    return content


def test_a_failing_subscriber_is_told_once_by_each_channel_and_so_is_its_recovery() -> None:
    with Receiver(lambda request: Answer(500)) as subscriber, Receiver() as webhook, Mailbox() as mailbox:
        env = SOON | {
            "SWITCH_ALERT_WEBHOOK_URL": webhook.url,
            "SWITCH_ALERT_WEBHOOK_SECRET": SECRET,
            "SWITCH_ALERT_MAIL_TO": "ops@example.com",
            "EMAIL_URL": mailbox.url,
        }
        with HubServer(env) as hub:
            hub.manage("subscribe", "orders", subscriber.url)
            hub.start_web()
            hub.start_consumer(processes=2)
            publish(hub, {"topic": "orders", "data": {"body": 1}})
            assert verified(webhook.wait_for(1, WAIT_SECONDS)[0])["type"] == "alert.opened"
            mailbox.wait_for(1, WAIT_SECONDS)
            subscriber.answer = lambda request: Answer(200)
            publish(hub, {"topic": "orders", "data": {"body": 2}})
            webhook.wait_for(2, WAIT_SECONDS)
            mailbox.wait_for(2, WAIT_SECONDS)
            hub.stop()
        contents = [verified(request) for request in webhook.requests]
        assert [(each["type"], each["data"]["kind"]) for each in contents] == [
            ("alert.opened", "failing"),
            ("alert.over", "failing"),
        ]
        subjects = [mail["Subject"] for mail in mailbox.mails]
        assert subjects == ["[Switch] Subscriber fails", "[Switch] Over: subscriber fails"]


def test_a_webhook_that_hangs_keeps_no_delivery_waiting_and_is_tried_again() -> None:
    has_delivered, is_called = threading.Event(), threading.Event()

    def hang_at_first(request: Received) -> Answer:
        if is_called.is_set():
            return Answer(200)
        is_called.set()
        has_delivered.wait(WAIT_SECONDS)
        return Answer(503)

    with (
        Receiver(lambda request: Answer(500)) as failing,
        Receiver() as well,
        Receiver(hang_at_first) as webhook,
        HubServer(SOON | {"SWITCH_ALERT_WEBHOOK_URL": webhook.url}) as hub,
    ):
        hub.manage("subscribe", "failing", failing.url)
        hub.manage("subscribe", "well", well.url)
        hub.start_web()
        hub.start_consumer()
        publish(hub, {"topic": "failing", "data": {"body": 1}})
        assert is_called.wait(WAIT_SECONDS)
        for number in range(20):
            publish(hub, {"topic": "well", "data": {"body": number}})
        well.wait_for(20)
        assert webhook.requests == []  # it has not answered yet
        has_delivered.set()
        first, second = webhook.wait_for(2, WAIT_SECONDS)[:2]
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
