"""Tells libcurl which addresses to connect to, so that it never resolves a name and never keeps a stale answer.

CONNECT_TO leads to an address, and for several to a name made from them, which RESOLVE explains: libcurl tries them as
"happy eyeballs" does (RFC 8305). A kept connection is reused only for the same address or set of addresses, since
libcurl files it under that name: when a host moves, its old connections are never used again.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256

import pycurl

from dispatch.transport.target import bracketed


def lead_to(setopt: Callable[[int, object], None], addresses: Sequence[str], port: int) -> None:
    """Sets on a handle where it connects, whatever host and port its URL names."""
    if len(addresses) == 1:
        setopt(pycurl.CONNECT_TO, [f"::{bracketed(addresses[0])}:{port}"])
        return
    name = _name(tuple(addresses))
    setopt(pycurl.CONNECT_TO, [f"::{name}:{port}"])
    # The plus sign lets libcurl forget the entry; every transfer sets it anew.
    setopt(pycurl.RESOLVE, [f"+{name}:{port}:{','.join(map(bracketed, addresses))}"])


@lru_cache(maxsize=10_000)
def _name(addresses: tuple[str, ...]) -> str:
    digest = sha256(",".join(addresses).encode()).hexdigest()
    return f"{digest[:40]}.invalid"  # RFC 2606: resolves nowhere, should libcurl ever ask
