"""Sends notices by webhook and mail; one that fails waits, with all behind it on its channel, and is tried again."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from dispatch.alerts.keeping import channels
from dispatch.alerts.messages import Message, message
from dispatch.models import Notice
from dispatch.outbound import send_once
from dispatch.signing import signature_headers
from dispatch.transport import Exchange, Timeouts

#: For a whole try by webhook; mail has its own by EMAIL_TIMEOUT.
MAX_SECONDS = 8.0
#: While one sends, another leaves the notice alone.
CLAIM = timedelta(seconds=60)
#: After the first failure; doubled by each further one, up to LONGEST. MOST_TRIES take about a day.
FIRST, LONGEST, MOST_TRIES = timedelta(seconds=5), timedelta(minutes=15), 100

logger = logging.getLogger(__name__)


class SendingError(Exception):
    """The message did not arrive; its text says why."""


def send_due(is_stopping: Callable[[], bool]) -> None:
    """Sends what waits on each channel, the oldest first, until it fails or nothing is left."""
    for channel in channels():
        while not is_stopping() and _send_oldest(channel, timezone.now()):
            pass


def _send_oldest(channel: Notice.Channel, now: datetime) -> bool:
    """Whether one was sent or given up, so that the next may follow."""
    waiting = Notice.objects.filter(channel=channel, due_at__isnull=False).select_related("alert")
    notice = waiting.order_by("id").first()
    if notice is None or notice.due_at is None or notice.due_at > now or not _claim(notice, now):
        return False
    try:
        send(channel, notice.pk, message(notice))
    except SendingError as error:
        return _put_off(notice, str(error))
    Notice.objects.filter(pk=notice.pk).update(sent_at=timezone.now(), due_at=None, last_error="")
    return True


def _claim(notice: Notice, now: datetime) -> bool:
    notice.tries += 1
    unclaimed = Notice.objects.filter(pk=notice.pk, due_at=notice.due_at)
    return bool(unclaimed.update(due_at=now + CLAIM, tries=notice.tries))


def _put_off(notice: Notice, error: str) -> bool:
    is_given_up = notice.tries >= MOST_TRIES
    due_at = None if is_given_up else timezone.now() + delay(notice.tries)
    Notice.objects.filter(pk=notice.pk).update(due_at=due_at, last_error=error[:500])
    logger.warning("An alert could not be sent by %s (try %d): %s", notice.channel, notice.tries, error)
    return is_given_up


def delay(tries: int) -> timedelta:
    """How long to wait after so many failed tries."""
    return min(LONGEST, FIRST * float(2 ** min(tries - 1, 10)))


def send(channel: Notice.Channel, message_id: UUID, message: Message) -> str:
    """Sends at once and returns what came back, in words. Raises SendingError."""
    return _post(message_id, message) if channel is Notice.Channel.WEBHOOK else _mail(message)


def _post(message_id: UUID, message: Message) -> str:
    body = message.as_json()
    headers = [("Content-Type", "application/json"), ("User-Agent", "Switch"), ("webhook-id", str(message_id))]
    if secret := settings.SWITCH_ALERT_WEBHOOK_SECRET:
        headers += signature_headers([secret], str(message_id), body, timezone.now())
    timeouts = Timeouts(connect_seconds=5.0, idle_seconds=MAX_SECONDS, total_seconds=MAX_SECONDS)
    outcome = send_once(Exchange("POST", settings.SWITCH_ALERT_WEBHOOK_URL, headers, body, timeouts), MAX_SECONDS)
    if outcome.status is None:
        raise SendingError(outcome.error or "The webhook gave no answer.")
    if not 200 <= outcome.status < 300:
        raise SendingError(f"The webhook answered {outcome.status}.")
    return f"The webhook answered {outcome.status}."


def _mail(message: Message) -> str:
    to = settings.SWITCH_ALERT_MAIL_TO
    try:
        EmailMessage(f"[Switch] {message.title}", message.as_text(), settings.SWITCH_ALERT_MAIL_FROM, to).send()
    except (OSError, ValueError) as error:  # every error of smtplib is an OSError
        raise SendingError(f"The mail could not be sent: {error}") from error
    return f"The mail server took the mail to {', '.join(to)}."
