"""The border to libcurl's errors: from its codes to kinds, and to sentences that an operator understands.

DNS, CONNECT, CONNECT_TIMEOUT and TLS are given only to requests of which nothing was sent.
"""

import errno
import os
from dataclasses import dataclass

import pycurl

from dispatch.outcomes import ErrorKind
from dispatch.transport.exchange import Timeouts

TLS_CODES = frozenset(
    (
        *(pycurl.E_SSL_CONNECT_ERROR, pycurl.E_SSL_CERTPROBLEM, pycurl.E_SSL_CIPHER, pycurl.E_SSL_ISSUER_ERROR),
        *(pycurl.E_SSL_CACERT_BADFILE, pycurl.E_SSL_INVALIDCERTSTATUS),
    )
)
BROKEN_CODES = frozenset((pycurl.E_GOT_NOTHING, pycurl.E_SEND_ERROR, pycurl.E_RECV_ERROR, pycurl.E_PARTIAL_FILE))
# Names that pycurl lacks: https://curl.se/libcurl/c/libcurl-errors.html
E_WEIRD_SERVER_REPLY = 8
E_PROXY = 97
E_TOO_LARGE = 100
PROXY_CODES = frozenset((pycurl.E_COULDNT_RESOLVE_PROXY, E_PROXY))
NOT_HTTP_CODES = frozenset((pycurl.E_UNSUPPORTED_PROTOCOL, E_WEIRD_SERVER_REPLY, E_TOO_LARGE))
UNREACHABLE = frozenset((errno.EHOSTUNREACH, errno.ENETUNREACH))

Explanation = tuple[ErrorKind, str]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """`place` is host, port and address; `errno` the system's error number, 0 if there is none."""

    place: str
    was_sent: bool
    errno: int
    timeouts: Timeouts


def explain(code: int, message: str, at: Circumstances) -> Explanation:
    """Kind and sentence for libcurl's `code`; `message` is libcurl's own."""
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return _timed_out(at)
    if code == pycurl.E_PEER_FAILED_VERIFICATION:
        return ErrorKind.TLS, f"The certificate of {at.place} is not trusted: {message}."
    if code in TLS_CODES:
        return ErrorKind.TLS, f"No secure connection to {at.place}: {message}."
    if code in PROXY_CODES or message.startswith("CONNECT tunnel failed"):
        return ErrorKind.CONNECT, f"The proxy made no connection to {at.place}: {message}."
    if code == pycurl.E_SEND_FAIL_REWIND:
        return _lost(at)
    if code == pycurl.E_COULDNT_CONNECT or (code in BROKEN_CODES and not at.was_sent):
        return ErrorKind.CONNECT, _unconnected(message, at)
    if code in BROKEN_CODES and "response headers" not in message:
        return ErrorKind.RESET, f"{at.place} closed the connection before its answer was complete: {message}."
    if code in NOT_HTTP_CODES or code in BROKEN_CODES:
        return ErrorKind.PROTOCOL, f"What {at.place} answered is not HTTP as it should be: {message}."
    if code == pycurl.E_URL_MALFORMAT:
        return ErrorKind.BAD_REQUEST, f"The URL cannot be used: {message}."
    return ErrorKind.INTERNAL, f"The request to {at.place} failed here, with libcurl's error {code}: {message}."


def _lost(at: Circumstances) -> Explanation:
    """A kept connection ended without an answer, and the body is not given to libcurl a second time."""
    if at.was_sent:
        sentence = f"{at.place} closed the kept connection without an answer: whether the request arrived is not known."
        return ErrorKind.RESET, sentence
    return ErrorKind.CONNECT, f"{at.place} closed the kept connection before anything was sent."


def _timed_out(at: Circumstances) -> Explanation:
    if at.was_sent:
        seconds = at.timeouts.total_seconds
        return ErrorKind.TOTAL_TIMEOUT, f"{at.place} did not answer within the {seconds:g} s of the whole exchange."
    seconds = min(at.timeouts.connect_seconds, at.timeouts.total_seconds)
    sentence = f"No connection to {at.place} within {seconds:g} s: the host is down, or a firewall drops what it gets."
    return ErrorKind.CONNECT_TIMEOUT, sentence


def _unconnected(message: str, at: Circumstances) -> str:
    if at.errno == errno.ECONNREFUSED:
        return f"The connection to {at.place} was refused: nothing listens there."
    if at.errno in UNREACHABLE:
        return f"{at.place} cannot be reached: {os.strerror(at.errno)}."
    return f"No connection to {at.place}: {message}."
