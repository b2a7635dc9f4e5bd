"""Texts that a standard gives a form: a reference to a resource, a moment. Pure."""

import re
from calendar import monthrange
from datetime import date
from typing import Any

_PLAIN = r"[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2}"
_CHARACTER = rf"{_PLAIN}|@"
_HOST = rf"\[[0-9A-Fa-f:.]+\]|\[v[0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+\]|(?:{_PLAIN})*"
_AUTHORITY = rf"//(?:(?:{_PLAIN}|:)*@)?(?:{_HOST})(?::[0-9]*)?(?:/(?:{_CHARACTER}|[:/])*)?"
_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]*:"
#: Before a slash a path without a scheme holds no colon: what stands before one would be the scheme.
_PATH = rf"(?!//)(?:{_CHARACTER})*(?:/(?:{_CHARACTER}|[:/])*)?"
_BEHIND = rf"(?:\?(?:{_CHARACTER}|[:/?])*)?(?:#(?:{_CHARACTER}|[:/?])*)?"
#: RFC 3986, section 4.1 and appendix A.
URI_REFERENCE = re.compile(rf"(?:(?:{_SCHEME})?{_AUTHORITY}|{_SCHEME}(?!//)(?:{_CHARACTER}|[:/])*|{_PATH}){_BEHIND}\Z")
#: RFC 3339, section 5.6; T and Z in any case.
TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.(?P<fraction>[0-9]+))?"
    r"(?:[Zz]|(?P<sign>[+-])([0-9]{2}):([0-9]{2}))\Z"
)
#: Of hour, minute and second (one may be a leap second), and of the hour and minute of the offset.
_LARGEST = (23, 59, 60, 23, 59)
#: The groups of TIMESTAMP that are whole numbers.
_PLACES = (1, 2, 3, 4, 5, 6, 9, 10)


def is_uri_reference(text: str) -> bool:
    return URI_REFERENCE.match(text) is not None


def is_timestamp(text: Any) -> bool:
    """Whether it is a string that names a moment, on a day that there is."""
    found = TIMESTAMP.match(text) if isinstance(text, str) else None
    if found is None:
        return False
    year, month, day, *rest = _numbers(found)
    is_day = 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]
    return is_day and all(number <= largest for number, largest in zip(rest, _LARGEST, strict=True))


def instant(text: str) -> tuple[int, int, str]:
    """What two timestamps have in common that name one moment: its minute, counted from the year 0, its second, and the
    digits of its fraction. A leap second is a second of its own.
    """
    found = TIMESTAMP.match(text)
    if found is None:
        raise ValueError(f"No timestamp of RFC 3339: {text!r}.")
    year, month, day, hour, minute, second, hours, minutes = _numbers(found)
    offset = (hours * 60 + minutes) * (-1 if found["sign"] == "-" else 1)
    minute_of_all = (_day_number(year, month, day) * 24 + hour) * 60 + minute - offset
    return minute_of_all, second, (found["fraction"] or "").rstrip("0")


def _numbers(found: re.Match[str]) -> list[int]:
    """Year, month, day, hour, minute, second, and the offset's hours and minutes."""
    return [int(found[place] or 0) for place in _PLACES]


def _day_number(year: int, month: int, day: int) -> int:
    """Python's dates begin with the year 1; the calendar repeats itself after 400 years, which are 146,097 days."""
    return date(2000 + year % 400, month, day).toordinal() + year // 400 * 146_097
