"""Drives libcurl's multi interface by the system's selector, at a cost that follows the sockets that are ready."""

import selectors
import socket
import time

import pycurl

READS = (pycurl.POLL_IN, pycurl.POLL_INOUT)
WRITES = (pycurl.POLL_OUT, pycurl.POLL_INOUT)
#: Kept connections and those in use: well below the 1,024 descriptors that many systems give a process.
MAX_CONNECTIONS = 512


class Driver:
    """Used by one thread, except `wake`. `ready_at` tells when each watched descriptor last had something to do."""

    def __init__(self) -> None:
        self.multi = pycurl.CurlMulti()
        self.multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self.multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self.multi.setopt(pycurl.M_MAXCONNECTS, MAX_CONNECTIONS)
        self.ready_at: dict[int, float] = {}
        self._selector = selectors.DefaultSelector()
        self._watched: set[int] = set()
        self._timer: float | None = None
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)

    def move(self, timeout_seconds: float) -> None:
        """Moves what is ready, after waiting at most so long for something to be."""
        for key, events in self._selector.select(self._time_to_wait(timeout_seconds)):
            if key.fileobj is self._woken:
                self._woken.recv(4096)
            else:
                self._act(key.fd, events)
        if self._timer is not None and time.monotonic() >= self._timer:
            self._timer = None
            self.multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def wake(self) -> None:
        """Ends the wait of a `move`, now or when it next begins. For any thread, even after `close`."""
        try:
            self._waker.send(b"\0")
        except OSError:
            return  # so many wakes are waiting that one more tells nothing, or nobody waits any more

    def close(self) -> None:
        """All handles must be removed before."""
        self.multi.close()
        self._selector.close()
        self._waker.close()
        self._woken.close()

    def _time_to_wait(self, timeout_seconds: float) -> float:
        if self._timer is not None:
            timeout_seconds = min(timeout_seconds, self._timer - time.monotonic())
        return max(0.0, timeout_seconds)

    def _act(self, descriptor: int, events: int) -> None:
        self.ready_at[descriptor] = time.monotonic()
        read = pycurl.CSELECT_IN if events & selectors.EVENT_READ else 0
        write = pycurl.CSELECT_OUT if events & selectors.EVENT_WRITE else 0
        self.multi.socket_action(descriptor, read | write)

    def _watch(self, event: int, descriptor: int, multi: object, data: object) -> None:
        """libcurl's wish: which events of a descriptor it wants to hear of."""
        if event == pycurl.POLL_REMOVE:
            self._watched.discard(descriptor)
            self.ready_at.pop(descriptor, None)
            self._selector.unregister(descriptor)
            return
        wanted = (selectors.EVENT_READ if event in READS else 0) | (selectors.EVENT_WRITE if event in WRITES else 0)
        if descriptor in self._watched:
            self._selector.modify(descriptor, wanted)
        else:
            self._watched.add(descriptor)
            self._selector.register(descriptor, wanted)

    def _set_timer(self, timeout_ms: int) -> None:
        self._timer = None if timeout_ms < 0 else time.monotonic() + timeout_ms / 1000
