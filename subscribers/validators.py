"""What a subscriber's fields may hold: one set of validators for admin, API, import and full_clean."""

import base64

from django.core.exceptions import ValidationError

from subscribers.filters import FilterError, compile_filter
from subscribers.policy import address_guard, longest_timeout_seconds, port_policy
from subscribers.targets import TargetError, address_of, check_target, port_of
from subscribers.topics import control_in, pattern_problem


def validate_name(name: str) -> None:
    if control := control_in(name):
        sentence = f"A name cannot hold line breaks or other control characters; this one holds {control}."
        raise ValidationError(sentence, code="name_control")


def validate_topic(topic: str) -> None:
    if not topic.strip():
        raise ValidationError("A topic needs a name.", code="topic_empty")
    if control := control_in(topic):
        sentence = f"A topic cannot hold line breaks or other control characters; this one holds {control}."
        raise ValidationError(sentence, code="topic_control")
    if problem := pattern_problem(topic):
        raise ValidationError(problem, code="topic_pattern")


def validate_filter_expression(expression: str) -> None:
    try:
        compile_filter(expression)
    except FilterError as error:
        raise ValidationError(error.pointed(), code="filter_refused") from error


def validate_target_url(url: str) -> None:
    """A name is not resolved: where it leads is judged when a request is sent."""
    try:
        check_target(url)
    except TargetError as error:
        raise ValidationError(str(error), code="target_url_refused") from error
    if refusal := port_policy().refusal(port_of(url)):
        raise ValidationError(refusal, code="target_port_refused")
    address = address_of(url)
    if address and (reason := address_guard().check(address)):
        raise ValidationError(f"This address is not called: {reason}.", code="target_address_refused")


def validate_timeout(seconds: float) -> None:
    if seconds > (longest := longest_timeout_seconds()):
        sentence = f"This hub waits {longest:g} s at most (SWITCH_MAX_TIMEOUT_SECONDS): give no more."
        raise ValidationError(sentence, code="timeout_too_long")


def validate_secret(secret: str) -> None:
    """A key as Standard Webhooks has it: base64 of 24 to 64 bytes, or `whsk_` and a private key of Ed25519."""
    is_private = secret.startswith("whsk_")
    try:
        key = base64.b64decode(secret.removeprefix("whsk_" if is_private else "whsec_"), validate=True)
    except ValueError:  # no base64, or no ASCII
        key = b""
    if is_private and len(key) not in (32, 64):
        raise ValidationError("A private key is whsk_ and base64 of 32 bytes (Ed25519).", code="secret_malformed")
    if not 24 <= len(key) <= 64:
        raise ValidationError(
            "A secret is base64 of 24 to 64 random bytes, with or without whsec_ before it. "
            "Make one by: openssl rand -base64 32",
            code="secret_malformed",
        )
