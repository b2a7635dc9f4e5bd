"""System checks of the settings: every sentence says what to set. Ids are stable: operators silence by id."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Max

from dispatch.tracing.running import is_installed, is_wanted
from subscribers.models import Subscriber
from subscribers.validators import validate_secret
from switchsite import environment
from switchsite.mail import mail_problem

#: The tag of the checks of settings, which a consumer runs as well.
SETTINGS = "switch"
#: RFC 7518, section 3.2: a key of the hash's size or larger must be used.
HS256_KEY_BYTES = 32
CUT_OFF_HINT = "A consumer that stops would cut off the slowest requests; they would be sent again."


@register(Tags.security, SETTINGS)
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


@register(Tags.security, SETTINGS, deploy=True)
def check_exposure(**kwargs: Any) -> list[CheckMessage]:
    """In place of Django's checks of what follows from these two."""
    found: list[CheckMessage] = []
    if not settings.SWITCH_HTTPS:
        hint = "Set it to true behind a proxy that ends TLS: cookies, redirects and HSTS follow."
        found.append(
            Warning("SWITCH_HTTPS is not set: sign-ins and tokens may travel in clear.", hint=hint, id="switch.W004")
        )
    if "*" in settings.ALLOWED_HOSTS:
        hint = "Set it to the names under which the hub is reached, separated by commas."
        found.append(Warning("SWITCH_ALLOWED_HOSTS takes every name.", hint=hint, id="switch.W005"))
    return found


@register(SETTINGS)
def check_variables(**kwargs: Any) -> list[CheckMessage]:
    sentences = dict.fromkeys(environment.problems)
    return [Error(sentence, hint="docs/settings.md lists every variable.", id="switch.E003") for sentence in sentences]


@register(SETTINGS)
def check_unknown_variables(**kwargs: Any) -> list[CheckMessage]:
    """Of the value nothing is told: it may be a secret."""
    return [
        Warning(
            f"{name} is no setting, so it does nothing{f'; did you mean {near}?' if near else '.'}",
            hint="docs/settings.md lists every variable.",
            id="switch.W006",
        )
        for name, near in environment.unknown().items()
    ]


@register(SETTINGS)
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


@register(SETTINGS)
def check_timeouts(**kwargs: Any) -> list[CheckMessage]:
    if settings.SWITCH_TOTAL_TIMEOUT_SECONDS > settings.SWITCH_MAX_TIMEOUT_SECONDS:
        sentence = "SWITCH_TOTAL_TIMEOUT_SECONDS is above SWITCH_MAX_TIMEOUT_SECONDS."
        return [Error(sentence, hint="Raise the maximum or lower the time-out.", id="switch.E005")]
    if settings.SWITCH_SHUTDOWN_SECONDS <= settings.SWITCH_TOTAL_TIMEOUT_SECONDS:
        sentence = "SWITCH_SHUTDOWN_SECONDS is not above SWITCH_TOTAL_TIMEOUT_SECONDS."
        return [Warning(sentence, hint=CUT_OFF_HINT, id="switch.W002")]
    return []


@register(SETTINGS)
def check_alerts(**kwargs: Any) -> list[CheckMessage]:
    """None of these values is repeated: each may hold a secret."""
    found: list[CheckMessage] = []
    if settings.SWITCH_ALERT_WEBHOOK_URL and (problem := webhook_problem(settings.SWITCH_ALERT_WEBHOOK_URL)):
        hint = "Write it as https://alerts.example.com/switch."
        found.append(Error(f"SWITCH_ALERT_WEBHOOK_URL {problem}", hint=hint, id="switch.E006"))
    if settings.SWITCH_ALERT_WEBHOOK_SECRET:
        try:
            validate_secret(settings.SWITCH_ALERT_WEBHOOK_SECRET)
        except ValidationError:
            hint = "Write whsec_ and the base64 of 24 to 64 random bytes, or whsk_ and that of an Ed25519 key."
            sentence = "SWITCH_ALERT_WEBHOOK_SECRET is no secret of Standard Webhooks."
            found.append(Error(sentence, hint=hint, id="switch.E007"))
    if settings.EMAIL_URL and (problem := mail_problem(settings.EMAIL_URL)):
        hint = "Write it as smtp+tls://user:password@mail.example.com:587."
        found.append(Error(f"EMAIL_URL {problem}", hint=hint, id="switch.E008"))
    if settings.SWITCH_ALERT_MAIL_TO and not settings.EMAIL_URL:
        hint = "Set EMAIL_URL to the mail server, or empty SWITCH_ALERT_MAIL_TO."
        found.append(Error("SWITCH_ALERT_MAIL_TO is set, but EMAIL_URL is not.", hint=hint, id="switch.E009"))
    return found


def webhook_problem(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "cannot be read."
    if parts.scheme not in ("http", "https"):
        return "must begin with http:// or https://."
    if not url.isascii() or any(each <= " " for each in url):
        return "has characters that a URL must write with %."
    return None if parts.hostname else "names no host."


@register(SETTINGS)
def check_tracing(**kwargs: Any) -> list[CheckMessage]:
    if not is_wanted() or is_installed():
        return []
    sentence = "Traces are wanted by OTEL_…, but OpenTelemetry is not installed; nothing is traced."
    return [Warning(sentence, hint="pip install -r requirements-otel.txt, or unset them.", id="switch.W003")]


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
