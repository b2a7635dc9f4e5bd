"""`manage.py welcome`: an admin user if there is none, and what to do first."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from dispatch.tokens import PublisherToken
from subscribers.management.database import DatabaseCommand

TEXT = """
  Switch runs at {base}

  Admin      {base}/admin/   {sign_in}

  See an event arrive, in a second terminal:

      .venv/bin/python manage.py subscribe order.created http://127.0.0.1:9000/
      .venv/bin/python manage.py listen

  and publish it, in a third:

      curl {base}/publish \\
        -H 'Authorization: Bearer {token}' \\
        -d '{{"topic": "order.created", "data": {{"body": {{"total": 120}}}}}}'
"""


class Command(DatabaseCommand):
    help = "Creates a first admin user if there is none, and prints how to sign in and what to do first."

    def handle(self, *args: Any, **options: Any) -> None:
        host = settings.SWITCH_SERVER_HOST
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compares, does not listen
        self.stdout.write(
            TEXT.format(
                base=f"http://{shown}:{settings.SWITCH_SERVER_PORT}",
                sign_in=self._sign_in(),
                token=PublisherToken.issue("newcomer"),
            )
        )

    def _sign_in(self) -> str:
        users = get_user_model().objects
        known = users.filter(is_superuser=True, is_active=True).order_by("pk").first()
        if known is not None:
            name = known.get_username()
            return f"user {name}; new password: .venv/bin/python manage.py changepassword {name}"
        password = secrets.token_urlsafe(12)
        users.create_superuser("admin", password=password)
        return f"user admin, password {password} (shown only now)"
