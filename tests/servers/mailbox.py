"""A real SMTP server on loopback that keeps the mails it is given."""

import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller

from tests.servers.processes import free_port


class Mailbox:
    """`refusal` is what it says to the next mails, such as `451 later`; empty: it takes them."""

    def __init__(self) -> None:
        self.refusal = ""
        self.mails: list[EmailMessage] = []
        self._arrived = threading.Condition()
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._controller.port}"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refusal:
            return self.refusal
        with self._arrived:
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
            self._arrived.notify_all()
        return "250 OK"

    def wait_for(self, count: int, timeout_seconds: float = 60.0) -> list[EmailMessage]:
        """The mails so far, once there are `count`; fails if they do not come."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.mails) >= count, timeout_seconds), self.mails
            return list(self.mails)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._controller.stop()
