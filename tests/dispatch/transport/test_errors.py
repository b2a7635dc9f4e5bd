"""From libcurl's codes to kinds and sentences, as a table; test_failures.py meets those that can be made to happen."""

import errno

import pycurl
import pytest

from dispatch.outcomes import ErrorKind
from dispatch.transport import Timeouts
from dispatch.transport.errors import E_PROXY, E_TOO_LARGE, E_WEIRD_SERVER_REPLY, Circumstances, explain

PLACE = "billing:8000 (10.1.2.3)"
TIMEOUTS = Timeouts(connect_seconds=5, idle_seconds=15, total_seconds=30)
UNSENT = Circumstances(PLACE, was_sent=False, errno=0, timeouts=TIMEOUTS)
SENT = Circumstances(PLACE, was_sent=True, errno=0, timeouts=TIMEOUTS)
REFUSED = Circumstances(PLACE, was_sent=False, errno=errno.ECONNREFUSED, timeouts=TIMEOUTS)
UNREACHABLE = Circumstances(PLACE, was_sent=False, errno=errno.EHOSTUNREACH, timeouts=TIMEOUTS)
IMPATIENT = Circumstances(PLACE, was_sent=False, errno=0, timeouts=Timeouts(connect_seconds=5, total_seconds=2.5))


@pytest.mark.parametrize(
    ("code", "at", "kind", "words"),
    [
        (pycurl.E_COULDNT_CONNECT, REFUSED, ErrorKind.CONNECT, "was refused: nothing listens there"),
        (pycurl.E_COULDNT_CONNECT, UNREACHABLE, ErrorKind.CONNECT, "cannot be reached: No route to host"),
        (pycurl.E_COULDNT_CONNECT, UNSENT, ErrorKind.CONNECT, "No connection to"),
        (pycurl.E_OPERATION_TIMEDOUT, UNSENT, ErrorKind.CONNECT_TIMEOUT, "within 5 s"),
        (pycurl.E_OPERATION_TIMEDOUT, IMPATIENT, ErrorKind.CONNECT_TIMEOUT, "within 2.5 s"),
        (pycurl.E_OPERATION_TIMEDOUT, SENT, ErrorKind.TOTAL_TIMEOUT, "within the 30 s of the whole exchange"),
        (pycurl.E_PEER_FAILED_VERIFICATION, UNSENT, ErrorKind.TLS, "is not trusted"),
        (pycurl.E_SSL_CONNECT_ERROR, UNSENT, ErrorKind.TLS, "No secure connection"),
        (pycurl.E_SSL_CACERT_BADFILE, UNSENT, ErrorKind.TLS, "No secure connection"),
        # Broken before anything was sent is no broken answer: the subscriber cannot have acted on it.
        *((code, UNSENT, ErrorKind.CONNECT, "No connection") for code in (pycurl.E_RECV_ERROR, pycurl.E_SEND_ERROR)),
        *((code, SENT, ErrorKind.RESET, "closed") for code in (pycurl.E_RECV_ERROR, pycurl.E_SEND_ERROR)),
        (pycurl.E_GOT_NOTHING, SENT, ErrorKind.RESET, "closed the connection before its answer was complete"),
        (pycurl.E_PARTIAL_FILE, SENT, ErrorKind.RESET, "closed the connection"),
        (pycurl.E_SEND_FAIL_REWIND, SENT, ErrorKind.RESET, "whether the request arrived is not known"),
        (pycurl.E_SEND_FAIL_REWIND, UNSENT, ErrorKind.CONNECT, "before anything was sent"),
        (E_WEIRD_SERVER_REPLY, SENT, ErrorKind.PROTOCOL, "not HTTP as it should be"),
        (pycurl.E_UNSUPPORTED_PROTOCOL, SENT, ErrorKind.PROTOCOL, "not HTTP as it should be"),
        (E_TOO_LARGE, SENT, ErrorKind.PROTOCOL, "not HTTP as it should be"),
        (E_PROXY, UNSENT, ErrorKind.CONNECT, "The proxy made no connection"),
        (pycurl.E_COULDNT_RESOLVE_PROXY, UNSENT, ErrorKind.CONNECT, "The proxy made no connection"),
        (pycurl.E_URL_MALFORMAT, UNSENT, ErrorKind.BAD_REQUEST, "The URL cannot be used"),
        (pycurl.E_OUT_OF_MEMORY, SENT, ErrorKind.INTERNAL, "failed here, with libcurl's error 27"),
    ],
)
def test_code_is_explained(code: int, at: Circumstances, kind: ErrorKind, words: str) -> None:
    found, sentence = explain(code, "libcurl's own words", at)
    assert found == kind
    assert words in sentence
    assert sentence.endswith(".")
    assert kind == ErrorKind.BAD_REQUEST or PLACE in sentence


@pytest.mark.parametrize(
    ("code", "message", "at", "kind"),
    [
        (pycurl.E_RECV_ERROR, "CONNECT tunnel failed, response 403", UNSENT, ErrorKind.CONNECT),
        (pycurl.E_RECV_ERROR, "Too large response headers: 307201 > 307200", SENT, ErrorKind.PROTOCOL),
    ],
)
def test_message_decides_where_the_code_is_too_coarse(
    code: int, message: str, at: Circumstances, kind: ErrorKind
) -> None:
    found, sentence = explain(code, message, at)
    assert found == kind
    assert message in sentence
