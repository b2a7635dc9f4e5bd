"""HTTP statuses as people write them: one such as 503, or 5xx for all of its kind."""

import re

KIND = re.compile(r"[1-5]xx")
ONE = re.compile(r"[1-9]\d\d", re.ASCII)


def statuses(text: str) -> tuple[int, int]:
    """The first and the last that are meant. Raises ValueError with a sentence."""
    written = text.strip().lower()
    if KIND.fullmatch(written):
        return int(written[0]) * 100, int(written[0]) * 100 + 99
    if ONE.fullmatch(written):
        return int(written), int(written)
    raise ValueError(f"{text!r} is no status. Write a status such as 500, or 5xx for all of its kind.")
