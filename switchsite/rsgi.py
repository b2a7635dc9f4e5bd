"""The application as `manage.py serve` runs it, by Granian's own interface (RSGI).

The event loop reads requests, and refuses those that may not come; threads run Django on complete ones.
"""

import asyncio
import multiprocessing
import os
import signal

from django.conf import settings
from granian.rsgi import Scope

from dispatch import parents
from dispatch.tracing import running as tracing
from subscribers import garbage
from switchsite import wsgi
from switchsite.web.door import Client, Door
from switchsite.web.lanes import Lanes
from switchsite.web.reading import Budget, Reader
from switchsite.web.work import Work
from switchsite.web.workers import Workers

#: Threads that take groups of publishes: one reads and matches while the other waits for its commit.
GATHERERS = 2
#: What forms of browsers may take of the memory for bodies, besides that of the publishers: one part in so many.
BROWSERS_PART = 8


class Application:
    """Granian calls `__rsgi_init__` once a process, `__rsgi__` for each request, and `__rsgi_del__` at the end."""

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        # Held back since the fork (switchsite/web/server.py); by now Granian's handlers are there to be called.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))
        server = multiprocessing.parent_process()
        if server and server.pid:
            parents.end_with(server.pid, lambda: os.kill(os.getpid(), signal.SIGTERM))
        tracing.start()
        garbage.settle()
        lanes = Lanes(settings.SWITCH_WEB_THREADS, GATHERERS)
        workers = Workers(loop, lanes, Work(wsgi.application))
        workers.start()
        reader = Reader(settings.SWITCH_BATCH_MAX_BYTES, settings.SWITCH_REQUEST_TIMEOUT_SECONDS)
        room = settings.SWITCH_WEB_BODIES_MAX_BYTES
        self._door = Door(reader, Budget(room), Budget(room // BROWSERS_PART), workers)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        tracing.stop()

    async def __rsgi__(self, scope: Scope, client: Client) -> None:
        await self._door.admit(scope, client)


application = Application()
