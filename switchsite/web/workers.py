"""The threads that run Django, and bring its answers back to the event loop."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence

from switchsite.web.exchange import Answer, Exchange
from switchsite.web.lanes import PATIENCE_SECONDS, Lanes

Work = Callable[[Sequence[Exchange]], list[Answer]]

FAILED = Answer(500, [("Content-Type", "text/plain")], b"The server failed; its log says why.")

logger = logging.getLogger(__name__)


class Workers:
    """`work` answers several publishes, or one other request, on a thread. `ask` belongs to the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, lanes: Lanes, work: Work) -> None:
        self._loop = loop
        self._lanes = lanes
        self._work = work
        self._is_watched = False

    def start(self) -> None:
        for number in range(self._lanes.threads):
            threading.Thread(target=self._run, name=f"worker-{number}", daemon=True).start()

    async def ask(self, exchange: Exchange) -> Answer:
        self._lanes.put(exchange)
        if exchange.is_publish and not self._is_watched:
            self._is_watched = True
            self._loop.call_later(PATIENCE_SECONDS, self._watch)
        return await exchange.answered

    def _watch(self) -> None:
        self._is_watched = self._lanes.hurry()
        if self._is_watched:
            self._loop.call_later(PATIENCE_SECONDS, self._watch)

    def _run(self) -> None:
        while True:
            taken = self._lanes.take()
            answers = self._answers(taken)
            self._lanes.done(taken)
            self._loop.call_soon_threadsafe(_bring, taken, answers)

    def _answers(self, taken: list[Exchange]) -> list[Answer]:
        try:
            return self._work(taken)
        except Exception:
            logger.exception("A request could not be worked on.")
            return [FAILED] * len(taken)


def _bring(taken: list[Exchange], answers: list[Answer]) -> None:
    for exchange, answer in zip(taken, answers, strict=True):
        if not exchange.answered.done():
            exchange.answered.set_result(answer)
