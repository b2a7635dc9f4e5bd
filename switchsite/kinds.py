"""The kinds of values that environment variables hold: each reads a text, or raises ValueError with what it must be."""

import re
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from subscribers.ports import read_ports

#: DRF reads the first letter of the time.
RATE = re.compile(r"[1-9][0-9]{0,8}/(s|sec|second|m|min|minute|h|hour|d|day)")
#: A century; calendars end, and 0 means for ever.
MAX_DAYS = 36_500


def boolean(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered in ("1", "true", "yes", "on"):
        return True
    if lowered in ("", "0", "false", "no", "off"):
        return False
    raise ValueError("must be true or false")


def words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def ranges(text: str) -> list[str]:
    found = words(text)
    for word in found:
        try:
            ip_network(word, strict=False)
        except ValueError as error:
            raise ValueError("must be CIDR ranges such as 10.0.0.0/8, separated by commas") from error
    return found


def ports(text: str) -> list[range]:
    try:
        return read_ports(words(text))
    except ValueError as error:
        raise ValueError("must be ports or ranges such as 6379,8000-8010, or `all`") from error


def rate(text: str) -> str:
    if not RATE.fullmatch(text):
        raise ValueError("must be a number of requests and a time, such as 600/min: sec, min, hour or day")
    return text


def log_level(text: str) -> str:
    if text.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
    return text.upper()


def log_format(text: str) -> str:
    if text.lower() not in ("text", "json"):
        raise ValueError("must be text or json")
    return text.lower()


def traces_exporter(text: str) -> str:
    if text.lower() not in ("otlp", "none"):
        raise ValueError("must be otlp or none")
    return text.lower()


def existing_file(text: str) -> str:
    if not Path(text).is_file():
        raise ValueError("must be a file that is there")
    return text


def port(text: str) -> int:
    number = positive(text)
    if number > 65_535:
        raise ValueError("must be a port, from 1 to 65535")
    return number


def positive(text: str) -> int:
    number = int(text) if text.strip().isdigit() else 0
    if number < 1:
        raise ValueError("must be a whole number above 0")
    return number


def natural(text: str) -> int:
    if not text.strip().isdecimal():
        raise ValueError("must be a whole number, 0 or above")
    return int(text)


def days(text: str) -> int:
    number = natural(text)
    if number > MAX_DAYS:
        raise ValueError(f"must be a whole number of days, from 0 to {MAX_DAYS}")
    return number


def seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < float("inf"):
        raise ValueError("must be a number of seconds above 0")
    return number


def seconds_or_never(text: str) -> float:
    return 0.0 if text.strip() == "0" else seconds(text)


def sender(text: str) -> str:
    try:
        validate_email(parseaddr(text)[1])
    except ValidationError as error:
        raise ValueError("must be a mail address such as switch@example.com, or Switch <switch@example.com>") from error
    return text


def addresses(text: str) -> list[str]:
    found = words(text)
    for word in found:
        try:
            validate_email(word)
        except ValidationError as error:
            raise ValueError("must be mail addresses such as ops@example.com, separated by commas") from error
    return found


def request_seconds(text: str) -> float:
    number = seconds(text)
    if not 0.001 <= number <= 60:
        raise ValueError("must be a number of seconds up to 60")
    return number


def origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.path not in ("", "/"):
        raise ValueError("must be a URL without a path, such as https://switch.example.com")
    return text


def fractional_days(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise ValueError("must be a number of days, or 0 for never")
    return number


def networks(text: str) -> str:
    if text not in ("private", "public"):
        raise ValueError("must be `private` (private and loopback addresses may be called) or `public` (they may not)")
    return text
