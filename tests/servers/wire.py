"""A wire to a TCP server that can be cut without either end hearing of it, as when a machine loses its power."""

import socket
import threading
from contextlib import suppress
from typing import Self

READ_BYTES = 1 << 16


class Wire:
    """Carries connections from `port` to `target_port` on this machine; `carried` counts them."""

    def __init__(self, target_port: int) -> None:
        self.carried = 0
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._is_cut = threading.Event()
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def cut(self) -> None:
        """What is open stays open, and nothing passes any more, not even its end. What connects later is carried."""
        self._is_cut.set()
        self._is_cut = threading.Event()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self._target_port))
        self._ends += [client, server]
        self.carried += 1
        for source, sink in ((client, server), (server, client)):
            thread = threading.Thread(target=_carry, args=(source, sink, self._is_cut), daemon=True)
            thread.start()
            self._threads.append(thread)

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *exception: object) -> None:
        # shutdown wakes the threads that wait in accept and recv; close alone would not.
        for each in (self._listener, *self._ends):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(5)


def _carry(source: socket.socket, sink: socket.socket, is_cut: threading.Event) -> None:
    with suppress(OSError):  # an end was closed
        while data := source.recv(READ_BYTES):
            if not is_cut.is_set():
                sink.sendall(data)
        if not is_cut.is_set():
            sink.shutdown(socket.SHUT_WR)
