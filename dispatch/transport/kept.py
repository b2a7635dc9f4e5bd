"""Which kept connections their peers have ended: libcurl looks once a second only, and would send into the others.

A request that is begun on one of them is stopped before its first byte leaves, and goes over a new connection.
"""

import select

import pycurl

#: Addresses and ports of both ends, in the order in which libcurl tells them to PREREQFUNCTION.
Ends = tuple[str, str, int, int]

MAX_REMEMBERED = 2_000
#: The peer's end of a connection; bytes that nobody asked for announce one, such as TLS's close_notify or a 408.
ENDED = getattr(select, "POLLRDHUP", 0) | select.POLLIN


class KeptConnections:
    """Remembers the descriptor of each connection that may be kept. Used by the transport's thread.

    libcurl tells of no connection that it closes itself, so that a descriptor can be another's by the time it is asked
    about: then a new connection is made without need, and nothing worse.
    """

    def __init__(self) -> None:
        self._descriptors: dict[Ends, int] = {}

    def keep(self, handle: pycurl.Curl) -> None:
        """To be called when the transfer of `handle` is over."""
        descriptor: int = handle.getinfo(pycurl.ACTIVESOCKET)
        if descriptor < 0:
            return
        info = handle.getinfo
        ends = info(pycurl.PRIMARY_IP), info(pycurl.LOCAL_IP), info(pycurl.PRIMARY_PORT), info(pycurl.LOCAL_PORT)
        if len(self._descriptors) >= MAX_REMEMBERED:
            del self._descriptors[next(iter(self._descriptors))]
        self._descriptors[ends] = descriptor

    def is_over(self, ends: Ends) -> bool:
        """Whether the connection between `ends` was kept and has been ended since."""
        descriptor = self._descriptors.pop(ends, -1)
        if descriptor < 0:
            return False
        poll = select.poll()
        poll.register(descriptor, ENDED)
        return bool(poll.poll(0))
