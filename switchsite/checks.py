"""System checks of the settings: every sentence says what to set. Ids are stable: operators silence by id."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection
from django.db.models import Max

from subscribers.models import Subscriber
from switchsite import environment

#: RFC 7518, section 3.2: a key of the hash's size or larger must be used.
HS256_KEY_BYTES = 32
CUT_OFF_HINT = "A consumer that stops would cut off the slowest requests; they would be sent again."


@register(Tags.security)
def check_secrets(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.SECRET_KEY == "unset":  # noqa: S105 - the mark for "not given"
        found.append(
            Error(
                "SWITCH_SECRET_KEY is not set.",
                hint="Set it to 50 random characters or more.",
                id="switch.E001",
            )
        )
    if not settings.SWITCH_JWT_SECRET:
        hint = "Set it to the secret that signs the publishers' tokens."
        found.append(Error("SWITCH_JWT_SECRET is not set.", hint=hint, id="switch.E002"))
    elif len(settings.SWITCH_JWT_SECRET.encode()) < HS256_KEY_BYTES:
        hint = f"{HS256_KEY_BYTES} bytes or more cannot be guessed; rotate with SWITCH_JWT_PREVIOUS_SECRET."
        found.append(Warning("SWITCH_JWT_SECRET is short.", hint=hint, id="switch.W001"))
    return found


@register()
def check_variables(**kwargs: Any) -> list[CheckMessage]:
    sentences = dict.fromkeys(environment.problems)
    return [Error(sentence, hint="docs/settings.md lists every variable.", id="switch.E003") for sentence in sentences]


@register()
def check_faktory_url(**kwargs: Any) -> list[CheckMessage]:
    problem = faktory_url_problem(settings.FAKTORY_URL) if settings.FAKTORY_URL else None
    if problem is None:
        return []
    hint = "Write it as tcp://:password@host:7419 or tcp+tls://:password@host:7419."
    return [Error(f"FAKTORY_URL {problem}", hint=hint, id="switch.E004")]


def faktory_url_problem(url: str) -> str | None:
    """What is wrong with `url`, without repeating it: it holds a password."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "cannot be read: its port is no number, or its password has a / or # that is not written as %2F or %23."
    if parts.scheme not in ("tcp", "tcp+tls"):
        return "must begin with tcp:// or tcp+tls://."
    return None if parts.hostname else "names no host."


@register()
def check_timeouts(**kwargs: Any) -> list[CheckMessage]:
    if settings.SWITCH_TOTAL_TIMEOUT_SECONDS > settings.SWITCH_MAX_TIMEOUT_SECONDS:
        sentence = "SWITCH_TOTAL_TIMEOUT_SECONDS is above SWITCH_MAX_TIMEOUT_SECONDS."
        return [Error(sentence, hint="Raise the maximum or lower the time-out.", id="switch.E005")]
    if settings.SWITCH_SHUTDOWN_SECONDS <= settings.SWITCH_TOTAL_TIMEOUT_SECONDS:
        sentence = "SWITCH_SHUTDOWN_SECONDS is not above SWITCH_TOTAL_TIMEOUT_SECONDS."
        return [Warning(sentence, hint=CUT_OFF_HINT, id="switch.W002")]
    return []


@register(Tags.database)
def check_subscribers_timeouts(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """The same for what subscribers really have: told at a migration and by `check --database default`."""
    if not databases or Subscriber._meta.db_table not in connection.introspection.table_names():
        return []
    most = Subscriber.objects.existing().aggregate(Max("total_timeout_seconds"))["total_timeout_seconds__max"] or 0.0
    longest = min(most, settings.SWITCH_MAX_TIMEOUT_SECONDS)
    if longest < settings.SWITCH_SHUTDOWN_SECONDS:
        return []
    sentence = f"SWITCH_SHUTDOWN_SECONDS is not above the {longest:g} s that a subscriber may take to answer."
    return [Warning(sentence, hint=CUT_OFF_HINT, id="switch.W002")]
