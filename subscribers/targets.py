"""The language of target URLs: which are allowed, and where `:name` stands for a path parameter. Pure."""

import re
import socket
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

import idna

PLACEHOLDER = re.compile(r":([A-Za-z_][A-Za-z0-9_]*)\Z")
DEFAULT_PORTS = {"http": 80, "https": 443}
FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\\]")


class TargetError(ValueError):
    """A target URL that cannot be used, or a path parameter that is missing or unsafe; the text says which."""


def check_target(url: str) -> None:
    """Raises TargetError unless `url` is an absolute http or https URL that requests can be sent to."""
    if match := FORBIDDEN.search(url):
        raise TargetError(f"It has a character that a URL cannot hold at position {match.start() + 1}: {match[0]!r}.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise TargetError(f"It is not a URL: {error}.") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise TargetError("It must begin with http:// or https://.")
    if not parts.hostname:
        raise TargetError("It names no host, as in http://billing:8000/events.")
    if port == 0:
        raise TargetError("Port 0 cannot be called.")
    _check_host(parts.hostname, parts.netloc)
    if parts.fragment:
        raise TargetError("The part behind # is never sent; leave it out.")


def _check_host(host: str, netloc: str) -> None:
    if "@" in netloc:
        raise TargetError("Name and password do not belong in the URL; let the event bring an Authorization header.")
    if "%" in host:
        raise TargetError("An address with a zone (%) cannot be called.")
    if host.startswith(":") and not netloc.startswith("["):
        raise TargetError("The host cannot be a path parameter.")
    try:
        # As `requests` will read it: strictly, so that no fullwidth digits pass for an address.
        host.encode("idna") if host.isascii() else idna.encode(host, strict=True, std3_rules=True)
    except UnicodeError as error:
        raise TargetError(f"The host {host!r} is not a valid name.") from error


def port_of(url: str) -> int:
    """The port that a URL leads to which `check_target` has let through."""
    parts = urlsplit(url)
    return parts.port or DEFAULT_PORTS[parts.scheme]


def address_of(url: str) -> str:
    """The IP address that stands in place of a host, in any form that needs no look-up (`0x7f.1`); empty for a name."""
    host = urlsplit(url).hostname or ""
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return ""


@lru_cache(maxsize=10_000)
def placeholders(url: str) -> tuple[str, ...]:
    """Names of the path parameters that `url` asks for, in their order; none of what is no URL."""
    try:
        path, query = _parts(_split(url))
    except TargetError:
        return ()
    found = [match[1] for text in (*path, *(value for _, _, value in query)) if (match := PLACEHOLDER.match(text))]
    return tuple(dict.fromkeys(found))


def fill_target(url: str, parameters: Mapping[str, object]) -> str:
    """`url` with every whole path segment and query value `:name` replaced by the quoted parameter.

    Raises TargetError if one is missing, empty, or would climb (`.` and `..`), and if `url`, which plain SQL may have
    written, is no URL.
    """
    if "/:" not in url and "=:" not in url:  # what stands for a parameter is a whole segment or value
        return url
    parts = _split(url)
    path, query = _parts(parts)
    filled_path = "/".join(_fill(segment, parameters, in_path=True) for segment in path)
    filled_query = "&".join(key + equals + _fill(value, parameters, in_path=False) for key, equals, value in query)
    return urlunsplit((parts.scheme, parts.netloc, filled_path, filled_query, ""))


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise TargetError(f"It is not a URL: {error}.") from error


def _parts(parts: SplitResult) -> tuple[list[str], list[tuple[str, str, str]]]:
    query = [pair.partition("=") for pair in parts.query.split("&")] if parts.query else []
    return parts.path.split("/"), query


def _fill(text: str, parameters: Mapping[str, object], *, in_path: bool) -> str:
    match = PLACEHOLDER.match(text)
    if match is None:
        return text
    name = match[1]
    if name not in parameters:
        raise TargetError(f"The URL asks for the path parameter {name!r}, which the event does not have.")
    value = _as_text(parameters[name])
    if in_path and value in ("", ".", ".."):
        raise TargetError(f"The path parameter {name!r} is {value!r}, which cannot stand in a path.")
    return quote(value, safe="")


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
