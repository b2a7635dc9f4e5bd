"""A notice as it is read: title, text and link for people, and the webhook's JSON for machines."""

import json
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse

from dispatch.models import Alert, Notice

TITLES = {
    Notice.Occasion.OPENED: "{kind}",
    Notice.Occasion.CONTINUES: "Still: {kind}",
    Notice.Occasion.OVER: "Over: {kind}",
}


@dataclass(frozen=True, slots=True)
class Message:
    """`link` is empty where SWITCH_PUBLIC_URL does not say where the hub is."""

    type: str
    title: str
    text: str
    link: str
    timestamp: datetime
    data: dict[str, object]

    def as_json(self) -> bytes:
        """In the form that Standard Webhooks recommends, with a `text` for chat systems besides."""
        whole = "\n".join(part for part in (f"{self.title}. {self.text}", self.link) if part)
        content = {"type": self.type, "timestamp": self.timestamp.isoformat(), "text": whole, "data": self.data}
        return json.dumps(content, ensure_ascii=False).encode()

    def as_text(self) -> str:
        return "\n\n".join(part for part in (self.text, self.link) if part) + "\n"


def message(notice: Notice) -> Message:
    """Of a saved notice."""
    alert, occasion = notice.alert, Notice.Occasion(notice.occasion)
    title = TITLES[occasion].format(kind=alert.get_kind_display())
    text = f"It was: {notice.sentence}" if occasion is Notice.Occasion.OVER else notice.sentence
    return Message(
        type=f"alert.{occasion.value}",
        title=title[0].upper() + title[1:],
        text=text,
        link=link(alert),
        timestamp=notice.created_at,
        data={
            "alert": str(alert.pk),
            "kind": alert.kind,
            "subscriber": alert.subscriber_id,
            "sentence": notice.sentence,
            "since": alert.since.isoformat(),
            "ended_at": alert.ended_at.isoformat() if alert.ended_at else None,
            "url": link(alert),
        },
    )


def sample(now: datetime) -> Message:
    """What `manage.py test_alert` sends."""
    text = "This is a test, sent by manage.py test_alert. Nothing is wrong."
    return Message("alert.test", "Test of alerts", text, _whole(reverse("admin:index")), now, {"sentence": text})


def link(alert: Alert) -> str:
    """Where to look: the subscriber, the deliveries or the consumers in the admin."""
    if alert.subscriber_id:
        return _whole(reverse("admin:subscribers_subscriber_change", args=[alert.subscriber_id]))
    if alert.kind == Alert.Kind.STALLED:
        return _whole(reverse("admin:dispatch_consumer_changelist"))
    state = "dead" if alert.kind == Alert.Kind.DEAD else "pending"
    return _whole(reverse("admin:dispatch_delivery_changelist", query={"state": state}))


def _whole(path: str) -> str:
    return urljoin(settings.SWITCH_PUBLIC_URL, path) if settings.SWITCH_PUBLIC_URL else ""
