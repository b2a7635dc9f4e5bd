"""Publish to Switch, and verify what it sends. One file, nothing but the standard library (and `cryptography`, if a
public key verifies): copy it into your project.

hub = Hub("http://switch:8000", secret=SWITCH_JWT_SECRET, author="shop")
hub.publish("order.created", {"body": {"total": 120}})
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import random
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Hub", "HubError", "Published", "RefusedError", "SignatureError", "UnavailableError", "verify"]

#: Of the answers below 500, those that another try may change.
TO_BE_REPEATED = (408, 429)
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
TOKEN_SECONDS = 300
TOLERANCE_SECONDS = 300


class HubError(Exception):
    """What all errors of this module are."""


class RefusedError(HubError):
    """The hub does not take the event as it is: `status`, and the hub's own `problem` (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status}: {problem.get('detail') or problem.get('title') or 'refused'}")
        self.status = status
        self.problem = problem


class UnavailableError(HubError):
    """The hub did not answer in time. The event may be stored: publish it again with the same `key`."""

    def __init__(self, reason: str, key: str) -> None:
        super().__init__(f"The hub did not take the event in time: {reason}. Try again with the key {key!r}.")
        self.key = key


class SignatureError(HubError):
    """A request that was not signed with the secret, or not lately."""


@dataclass(frozen=True)
class Published:
    """An accepted event. `matched` counts its subscribers; None while the hub is still working them out."""

    id: str
    topic: str
    matched: int | None
    duplicate: bool


@dataclass(frozen=True)
class Hub:
    """A hub at `url`. `secret` is its SWITCH_JWT_SECRET, `author` your service's name, `topics` what it may publish on:
    names, and patterns that end with a `*`; all if it is left out.

    A lost connection, a 503 and what else a proxy or a hub in trouble answers (408, 429, 5xx, or 2xx and not as a hub)
    are tried again, with growing pauses, for `retry_seconds` in all. That is safe: every event carries a key, by which
    the hub knows it again.
    """

    url: str
    secret: str
    author: str
    topics: Sequence[str] | None = None
    timeout_seconds: float = 10.0
    retry_seconds: float = 60.0

    def __post_init__(self) -> None:
        """Raises ValueError for a URL that leads nowhere, and for topics of which none, or not all, would let something
        be published.
        """
        if not _is_address(self.url):
            raise ValueError(f"url: {self.url!r} is not the address of a hub, such as http://switch.example.com:8000")
        if self.topics is None:
            return
        if isinstance(self.topics, str):
            raise ValueError(f"topics is a list, as in topics=[{self.topics!r}].")
        if not self.topics:
            raise ValueError("topics is empty, so nothing could be published. Leave it out to publish on every topic.")
        for topic in self.topics:
            if not topic.strip() or "*" in topic[:-1]:
                raise ValueError(
                    f"topics: {topic!r} is no topic. A name stands for itself, and a * at its end for anything: order.*"
                )

    def publish(self, topic: str, data: Mapping[str, Any], *, key: str | None = None) -> Published:
        """Publishes one event. `data` may have `body`, `headers`, `query_params`, `path_params` and `http_method`.

        Raises RefusedError if the hub refuses it, UnavailableError if it could not be reached in time; and before
        anything is sent ValueError or TypeError for data that JSON cannot hold, such as NaN.
        """
        key = key or str(uuid.uuid4())
        return _published(self._post({"topic": topic, "data": data, "id": key}, key))

    def publish_many(
        self, events: Iterable[tuple[str, Mapping[str, Any]]], *, key: str | None = None
    ) -> list[Published | RefusedError]:
        """Publishes pairs of topic and data in one request; a result for each, in their order.

        One that is refused does not keep the others back. Errors are raised as by `publish`.
        """
        key = key or str(uuid.uuid4())
        items = [{"topic": topic, "data": data, "id": f"{key}/{place}"} for place, (topic, data) in enumerate(events)]
        results = self._post(items, key)["results"] if items else []
        return [_refused(each["problem"]) if "problem" in each else _published(each) for each in results]

    def token(self) -> str:
        """A token that holds for some minutes."""
        now = int(time.time())
        claims: dict[str, Any] = {"author": self.author, "iat": now, "exp": now + TOKEN_SECONDS}
        if self.topics is not None:
            claims["topics"] = list(self.topics)
        signed = f"{_segment({'alg': 'HS256', 'typ': 'JWT'})}.{_segment(claims)}"
        digest = hmac.new(self.secret.encode(), signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{_unpadded(digest)}"

    def _post(self, body: Any, key: str) -> Any:
        encoded = json.dumps(body, allow_nan=False).encode()
        deadline = time.monotonic() + self.retry_seconds
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                status, answer, wait = self._ask(encoded)
                reason = f"it answered {status}"
            except (OSError, http.client.HTTPException) as error:
                status, answer, wait, reason = 503, {}, 0.0, str(error) or type(error).__name__
            if status < 300 and ("id" in answer or "results" in answer):
                return answer
            if 300 <= status < 500 and status not in TO_BE_REPEATED:
                raise RefusedError(status, answer)
            wait = max(wait, random.uniform(pause / 2, pause))  # noqa: S311 - spreads load
            if time.monotonic() + wait > deadline:
                raise UnavailableError(reason, key)
            time.sleep(wait)
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2)

    def _ask(self, encoded: bytes) -> tuple[int, dict[str, Any], float]:
        """Status, answer, and the seconds to wait that the hub asks for."""
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self.timeout_seconds)
        try:
            headers = {"Authorization": f"Bearer {self.token()}", "Content-Type": "application/json"}
            connection.request("POST", f"{parts.path.rstrip('/')}/publish", encoded, headers)
            answer = connection.getresponse()
            text, wait = answer.read(), answer.getheader("Retry-After", "")
        finally:
            connection.close()
        return answer.status, _parsed(text), float(wait) if wait.isdigit() else 0.0


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, previous_secret: str = "") -> None:
    """Returns if `body` was sent by a hub that has `secret`. Raises SignatureError.

    Standard Webhooks (https://www.standardwebhooks.com): a shared secret (`whsec_…`, or base64) verifies HMAC, a public
    key (`whpk_…`) Ed25519. The latter needs the package `cryptography`; without it this raises HubError. While a secret
    is being rotated, either may hold, be they of one kind or of two.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, timestamp = given["webhook-id"], int(given["webhook-timestamp"])
        signatures = given["webhook-signature"].split()
    except (KeyError, ValueError) as error:
        raise SignatureError("The request carries no signature of Standard Webhooks.") from error
    if abs(time.time() - timestamp) > TOLERANCE_SECONDS:
        raise SignatureError("The request was signed too long ago, or in the future.")
    signed = f"{message_id}.{timestamp}.".encode() + body
    if not any(_holds(each, signed, signatures) for each in (secret, previous_secret) if each):
        raise SignatureError("The signature is not that of the secret.")


def _holds(secret: str, signed: bytes, signatures: Sequence[str]) -> bool:
    if secret.startswith("whsk_"):
        raise SignatureError("The secret is a private key, which stays with the hub: verify by its public key, whpk_….")
    if secret.startswith("whpk_"):
        return _is_signed_by_ed25519(secret, signed, signatures)
    expected = f"v1,{_signature(secret, signed)}".encode()
    return any(hmac.compare_digest(expected, each.encode("utf-8", "replace")) for each in signatures)


def _signature(secret: str, signed: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError as error:  # no base64, or no ASCII
        raise SignatureError("The secret is not base64.") from error
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _is_signed_by_ed25519(public_key: str, signed: bytes, signatures: Sequence[str]) -> bool:
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - without a public key it is not needed
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - likewise
    except ImportError as error:
        raise HubError("To verify by a public key (whpk_…), run: pip install cryptography") from error
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_"), validate=True))
    except ValueError as error:
        raise SignatureError("The public key is not whpk_ and base64 of 32 bytes.") from error
    for scheme, _, encoded in (each.partition(",") for each in signatures):
        with suppress(InvalidSignature, ValueError):
            if scheme == "v1a":
                key.verify(base64.b64decode(encoded), signed)
                return True
    return False


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError for what is no number of a port
    except ValueError:
        return False
    is_printable = url.isascii() and not any(each <= " " for each in url)
    return is_printable and parts.scheme in ("http", "https") and bool(parts.hostname)


def _published(answer: Mapping[str, Any]) -> Published:
    return Published(answer["id"], answer["topic"], answer["matched"], answer["duplicate"])


def _refused(problem: Mapping[str, Any]) -> RefusedError:
    return RefusedError(int(problem.get("status", 400)), problem)


def _parsed(text: bytes) -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        parsed = json.loads(text)
        if isinstance(parsed, dict):
            return parsed
    return {"detail": text[:200].decode("utf-8", "replace")}


def _segment(claims: Mapping[str, Any]) -> str:
    return _unpadded(json.dumps(claims, separators=(",", ":")).encode())


def _unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
