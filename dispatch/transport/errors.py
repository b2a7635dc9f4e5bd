"""From libcurl's error codes to kinds and to sentences that an operator understands."""

import pycurl

from dispatch.outcomes import ErrorKind

TLS_CODES = frozenset(
    (
        *(pycurl.E_SSL_CONNECT_ERROR, pycurl.E_PEER_FAILED_VERIFICATION, pycurl.E_SSL_CERTPROBLEM),
        *(pycurl.E_SSL_CIPHER, pycurl.E_SSL_CACERT_BADFILE, pycurl.E_SSL_ISSUER_ERROR),
    )
)
RESET_CODES = frozenset((pycurl.E_GOT_NOTHING, pycurl.E_SEND_ERROR, pycurl.E_RECV_ERROR, pycurl.E_PARTIAL_FILE))
TOO_LARGE = 100  # CURLE_TOO_LARGE, which pycurl does not name; for response heads beyond libcurl's own limit
PROTOCOL_CODES = frozenset((pycurl.E_UNSUPPORTED_PROTOCOL, 8, TOO_LARGE))  # 8: CURLE_WEIRD_SERVER_REPLY


def explain(code: int, message: str, peer: str, *, was_sent: bool) -> tuple[ErrorKind, str]:
    """Kind and sentence for libcurl's `code`; `peer` is host and port, `was_sent` tells whether it connected."""
    detail = f" ({message})" if message else ""
    if code == pycurl.E_COULDNT_CONNECT:
        return ErrorKind.CONNECT, f"No connection to {peer}: nothing accepts it there{detail}."
    if code == pycurl.E_OPERATION_TIMEDOUT and not was_sent:
        return ErrorKind.CONNECT_TIMEOUT, f"No connection to {peer} within the time allowed."
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return ErrorKind.TOTAL_TIMEOUT, f"{peer} did not answer within the time allowed for the whole exchange."
    if code in TLS_CODES:
        return ErrorKind.TLS, f"No secure connection to {peer}{detail}."
    if code in RESET_CODES and "header" in message.lower() and "large" in message.lower():
        return ErrorKind.PROTOCOL, f"The response head of {peer} is too large."
    if code in RESET_CODES:
        return ErrorKind.RESET, f"{peer} closed the connection before its answer was complete{detail}."
    if code in PROTOCOL_CODES:
        return ErrorKind.PROTOCOL, f"What {peer} answered is not HTTP as it should be{detail}."
    if code == pycurl.E_URL_MALFORMAT:
        return ErrorKind.BAD_REQUEST, f"The URL cannot be used{detail}."
    return ErrorKind.INTERNAL, f"The request to {peer} failed with libcurl's error {code}{detail}."
