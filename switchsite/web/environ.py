"""A request as WSGI describes it (PEP 3333), made from what Granian gives."""

import sys
from io import BytesIO
from typing import Any

from granian.rsgi import Scope

BASIC: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
WITHOUT_PREFIX = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


def environ_of(scope: Scope) -> dict[str, Any]:
    """All but the body, which `with_body` adds."""
    server, _, port = scope.server.rpartition(":")
    return {
        **BASIC,
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": _path(scope.path),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.url_scheme": scope.scheme,
        **_headers(scope),
    }


def with_body(environ: dict[str, Any], body: bytes) -> dict[str, Any]:
    """The same with what came of the body; a length that was announced stays, so that a missing end is seen."""
    environ["wsgi.input"] = BytesIO(body)
    if "HTTP_TRANSFER_ENCODING" in environ:
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _path(path: str) -> str:
    """Granian has decoded it; WSGI wants its bytes, one to a character."""
    return path if path.isascii() else path.encode().decode("latin-1")


def _headers(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in scope.headers.items():
        if "_" in name:
            continue  # it would pass for the header with a hyphen
        key = WITHOUT_PREFIX.get(name) or "HTTP_" + name.upper().replace("-", "_")
        separator = "; " if name == "cookie" else ","
        found[key] = f"{found[key]}{separator}{value}" if key in found else value
    return found
