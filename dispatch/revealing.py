"""What of an event's values may be shown to people: shortened, without secrets; nothing where payloads are hidden."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dispatch.masking import MASK, as_stored_text, is_secret
from dispatch.viewing import are_payloads_hidden, hidden
from subscribers.filters.explaining import Explained

SHOWN = 200
#: Shorter secrets would mask half of every text.
MIN_SECRET = 4
HIDDEN_REASON = "It cannot be worked out for this event."
#: A part that says yes, no or nothing tells no secret by itself.
HARMLESS = (bool, type(None))


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of an expression as it may be shown: `value` is JSON text, shortened, empty where it is unknown."""

    text: str
    start: int
    end: int
    verdict: str
    value: str
    unknown: str
    parts: tuple["Shown", ...]

    @property
    def is_claim(self) -> bool:
        """Whether it is true, false or unknown by itself; of other values that would say little."""
        return bool(self.unknown) or self.value in ("true", "false")


class Veil:
    """Masks what `data` holds under names that sound secret, wherever it turns up; all it holds, if that is hidden."""

    def __init__(self, data: Any) -> None:
        self._hides_all = are_payloads_hidden()
        self._secrets = sorted(set(_secrets(data, is_below=self._hides_all)), key=len, reverse=True)

    def shown(self, explained: Explained) -> Shown:
        return Shown(
            explained.text,
            explained.start,
            explained.end,
            explained.verdict,
            self._value(explained),
            HIDDEN_REASON if self._hides_all and explained.unknown else self._veiled(explained.unknown),
            tuple(self.shown(part) for part in explained.parts),
        )

    def text(self, text: str) -> str:
        """`text`, such as a request's body, without the secrets that turn up in it; nothing where it is hidden."""
        return MASK if text and self._hides_all else self._veiled(text)

    def _value(self, explained: Explained) -> str:
        if explained.unknown:
            return ""
        is_told = isinstance(explained.value, HARMLESS)
        if (self._hides_all or is_secret(explained.text)) and not is_told:
            return MASK
        text = json.dumps(masked(explained.value), ensure_ascii=False, default=str)
        veiled = self._veiled(text)
        return veiled if len(veiled) <= SHOWN else f"{veiled[:SHOWN]}…"

    def _veiled(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return as_stored_text(text)


def masked(value: Any) -> Any:
    """JSON as Python, with what stands under secret names masked, and nothing in it that an answer could not write."""
    return _writably(hidden(value) if are_payloads_hidden() else value)


def _writably(value: Any) -> Any:
    if isinstance(value, dict):
        return {_writable(key): MASK if is_secret(str(key)) else _writably(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [_writably(child) for child in value]
    return _writable(value)


def _writable(value: Any) -> Any:
    """Half a character is escaped, and infinity, which filters see in the place of a huge number, becomes text."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _secrets(value: Any, *, is_below: bool = False) -> Iterator[str]:
    """The texts below secret names, as they are and as JSON writes them."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _secrets(child, is_below=is_below or is_secret(str(key)))
    elif isinstance(value, list):
        for child in value:
            yield from _secrets(child, is_below=is_below)
    elif is_below and isinstance(value, (str, int, float)) and len(str(value)) >= MIN_SECRET:
        yield from (str(value), json.dumps(value, ensure_ascii=False).strip('"'))
