"""Keeps the alerts as judged: each begins, is told once it has lasted, told again, and told to be over."""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from dispatch.alerts.conditions import Condition, Judgement
from dispatch.models import Alert, Notice

Occasion = Notice.Occasion

logger = logging.getLogger(__name__)


def channels() -> list[Notice.Channel]:
    """Where alerts go by the settings; none: nothing is judged or kept."""
    wanted = {
        Notice.Channel.WEBHOOK: settings.SWITCH_ALERT_WEBHOOK_URL,
        Notice.Channel.MAIL: settings.SWITCH_ALERT_MAIL_TO,
    }
    return [channel for channel, target in wanted.items() if target]


def told_alerts(limit: int) -> list[Alert]:
    """Those that were told and are not over, the newest first; none where alerts go nowhere."""
    return list(Alert.objects.open().told().order_by("-id")[:limit]) if channels() else []


@transaction.atomic
def keep(judgement: Judgement, now: datetime) -> None:
    """Brings the alerts in line with what is judged, and writes what is to be said."""
    found = {each.key: each for each in judgement.conditions}
    for alert in Alert.objects.open():
        if condition := found.pop(alert.key, None):
            _go_on(alert, condition, now)
        elif alert.kind not in judgement.crowded:
            _clear(alert, now)
    Alert.objects.bulk_create(_begun(found.values(), now), ignore_conflicts=True)


def _begun(conditions: Iterable[Condition], now: datetime) -> Iterator[Alert]:
    for each in conditions:
        yield Alert(
            key=each.key,
            kind=each.kind,
            subscriber_id=each.subscriber_id,
            sentence=each.sentence,
            since=each.since,
            noticed_at=now,
        )


def _go_on(alert: Alert, condition: Condition, now: datetime) -> None:
    if alert.sentence != condition.sentence or alert.cleared_at:
        alert.sentence, alert.cleared_at = condition.sentence, None
        alert.save(update_fields=("sentence", "cleared_at"))
    if alert.told_at is None:
        if now - alert.noticed_at >= _lasting():
            _tell(alert, Occasion.OPENED, now)
    elif settings.SWITCH_ALERT_REPEAT_SECONDS and now - alert.told_at >= _repeat():
        _tell(alert, Occasion.CONTINUES, now)


def _clear(alert: Alert, now: datetime) -> None:
    if alert.told_at is None:
        alert.delete()  # it did not last, and nobody was told
        return
    alert.cleared_at = alert.cleared_at or now
    if now - alert.cleared_at >= _lasting():
        alert.ended_at = now
        _tell(alert, Occasion.OVER, now)
    alert.save(update_fields=("cleared_at", "ended_at"))


def _tell(alert: Alert, occasion: Notice.Occasion, now: datetime) -> None:
    """Writes the notices, if nobody else has told the alert meanwhile."""
    untold = Alert.objects.open().filter(pk=alert.pk, told_at=alert.told_at)
    if not untold.update(told_at=now):
        return
    notices = [
        Notice(alert=alert, channel=channel, occasion=occasion, sentence=alert.sentence, due_at=now)
        for channel in channels()
    ]
    Notice.objects.bulk_create(notices)
    logger.warning("Alert, %s: %s", occasion.label, alert.sentence)


def _lasting() -> timedelta:
    return timedelta(seconds=settings.SWITCH_ALERT_LASTING_SECONDS)


def _repeat() -> timedelta:
    return timedelta(seconds=settings.SWITCH_ALERT_REPEAT_SECONDS)
