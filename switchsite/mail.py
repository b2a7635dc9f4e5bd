"""Django's e-mail settings from EMAIL_URL, such as smtp+tls://user:password@mail.example.com:587."""

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

#: Where the URL names no port: RFC 6409, section 3.1, and RFC 8314, section 3.3.
PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 587, "smtp+ssl": 465}


class MailError(ValueError):
    """What is wrong with the URL, without repeating it: it holds a password."""


def mail_settings(url: str) -> dict[str, Any]:
    """`EMAIL_…` by their names. Raises MailError."""
    scheme = url.partition(":")[0]
    if scheme not in PORTS:
        raise MailError(f"must begin with {', '.join(f'{each}://' for each in PORTS)}.")
    try:
        found: dict[str, Any] = environ.Env.email_url_config(url)
    except (ValueError, ImproperlyConfigured) as error:
        raise MailError(
            "cannot be read: its port is no number, or its password has a / or # that is not written as %2F or %23."
        ) from error
    if not found["EMAIL_HOST"]:
        raise MailError("names no host.")
    wanted = ("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS", "EMAIL_USE_SSL")
    kept = {name: found[name] for name in wanted if found.get(name)}
    return kept | {"EMAIL_PORT": found["EMAIL_PORT"] or PORTS[scheme]}


def mail_problem(url: str) -> str | None:
    try:
        mail_settings(url)
    except MailError as error:
        return str(error)
    return None
