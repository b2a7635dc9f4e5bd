"""`manage.py test_alert`: sends a sample to wherever alerts go, and says what came back."""

import sys
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from dispatch.alerts.keeping import channels
from dispatch.alerts.messages import sample
from dispatch.alerts.sending import SendingError, send
from dispatch.identifiers import new_id
from dispatch.models import Notice
from subscribers.management.checked import CheckedCommand


class Command(CheckedCommand):
    help = "Sends a sample alert to the webhook and the mail addresses of the settings; exits with 1 if one fails."

    def handle(self, *args: Any, **options: Any) -> None:
        found = channels()
        if not found:
            raise CommandError(
                "Alerts go nowhere: set SWITCH_ALERT_WEBHOOK_URL, or SWITCH_ALERT_MAIL_TO and EMAIL_URL."
            )
        arrived = [self._try(channel) for channel in found]
        if not all(arrived):
            sys.exit(1)

    def _try(self, channel: Notice.Channel) -> bool:
        try:
            self.stdout.write(self.style.SUCCESS(send(channel, new_id(), sample(timezone.now()))))
        except SendingError as error:
            self.stderr.write(self.style.ERROR(str(error)))
            return False
        return True
