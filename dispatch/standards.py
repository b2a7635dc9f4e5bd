"""Texts that a standard gives a form: a reference to a resource, a moment. Pure."""

import re
from calendar import monthrange
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
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?"
    r"(?:[Zz]|[+-]([0-9]{2}):([0-9]{2}))\Z"
)
#: Of hour, minute and second (one may be a leap second), and of the hour and minute of the offset.
_LARGEST = (23, 59, 60, 23, 59)


def is_uri_reference(text: str) -> bool:
    return URI_REFERENCE.match(text) is not None


def is_timestamp(text: Any) -> bool:
    """Whether it is a string that names a moment, on a day that there is."""
    found = TIMESTAMP.match(text) if isinstance(text, str) else None
    if found is None:
        return False
    year, month, day, *rest = (int(each or 0) for each in found.groups())
    is_day = 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]
    return is_day and all(number <= largest for number, largest in zip(rest, _LARGEST, strict=True))
