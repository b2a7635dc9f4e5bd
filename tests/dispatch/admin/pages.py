"""What a page of the admin shows."""

from typing import Any


def text(answer: Any) -> str:
    return str(answer.content.decode())
