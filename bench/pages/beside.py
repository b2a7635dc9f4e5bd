"""What a hub gathers beside its ledger, and `bench.growth` does not fill: changes, alerts, keys, replays."""

from datetime import timedelta

from django.utils import timezone

from dispatch.api import keys
from dispatch.models import Alert, Notice, Replay
from subscribers.models import Subscriber

CHANGES, ALERTS, KEYS, REPLAYS = 200, 2_000, 200, 200


def fill() -> None:
    """The first subscriber is changed often, and at last filters; all alerts but the last one are over."""
    first = Subscriber.objects.filter(pk=Subscriber.objects.earliest("pk").pk)
    for number in range(CHANGES):
        first.update(retry_limit=number % 50)
    first.update(filter_expression='data["body"]["number"] % 2 == 0 and data["body"]["padding"].startswith("x")')
    _alert(first.get())
    for number in range(KEYS):
        keys.make(f"machine {number}", ["events:read", "deliveries:read"], "pages")
    Replay.objects.bulk_create(_replay(number) for number in range(REPLAYS))


def _alert(subscriber: Subscriber) -> None:
    now = timezone.now()
    alerts = Alert.objects.bulk_create(_over(subscriber, number) for number in range(ALERTS))
    alerts[-1].ended_at = None
    alerts[-1].save(update_fields=["ended_at"])
    Notice.objects.bulk_create(
        Notice(alert=alert, channel="webhook", occasion=occasion, sentence=alert.sentence, sent_at=now)
        for alert in alerts
        for occasion in ("opened", "over")
    )


def _over(subscriber: Subscriber, number: int) -> Alert:
    begun = timezone.now() - timedelta(minutes=ALERTS - number)
    given = {"since": begun, "noticed_at": begun, "told_at": begun, "ended_at": begun + timedelta(minutes=1)}
    return Alert(key=f"failing {number}", kind="failing", subscriber=subscriber, sentence="It fails.", **given)


def _replay(number: int) -> Replay:
    return Replay(
        kind="replay", status="done", state="dead", requested_by="pages", total=number, finished_at=timezone.now()
    )
