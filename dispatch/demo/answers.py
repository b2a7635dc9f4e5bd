"""How the demo's subscribers answer, each after its manner; the same for the past day and for what is sent live."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from dispatch.demo.cast import NOWHERE_PORT, Listener
from dispatch.outcomes import ErrorKind, Outcome, Timing

#: Before the present; what had failed for longer would be paused.
FAILS_SINCE = timedelta(hours=5)
GONE_SINCE = timedelta(hours=4)
PLACE = "127.0.0.1"
TEXT = (("content-type", "text/plain"),)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    milliseconds: float
    body: str = "ok"
    headers: tuple[tuple[str, str], ...] = TEXT


def answer(listener: Listener, ago: timedelta, random: Random) -> Answer | ErrorKind:
    """What comes of a request that is sent so long before the present; an error where no answer came."""
    quick = 3 + random.expovariate(1 / 18)
    match listener.manner:
        case "slow":
            return Answer(200, 300 + random.expovariate(1 / 600))
        case "flaky" if random.random() < 0.12:
            return Answer(503, quick, "The pool of connections is exhausted.")
        case "failing" if ago < FAILS_SINCE:
            return Answer(500, quick, "NullPointerException at ParcelController.java:114")
        case "down" if ago < FAILS_SINCE:
            return ErrorKind.CONNECT
        case "gone" if ago < GONE_SINCE:
            return Answer(410, quick, "This address is no longer used.")
        case "picky" if random.random() < 0.3:
            return Answer(422, quick, '{"error": "vat_id is missing"}', (("content-type", "application/json"),))
        case "throttling" if random.random() < 0.2:
            return Answer(429, quick, "Slow down.", (*TEXT, ("retry-after", "60")))
        case "hanging" if random.random() < 0.02:
            return ErrorKind.IDLE_TIMEOUT
    return Answer(200, quick)


def outcome(listener: Listener, ago: timedelta, random: Random) -> Outcome:
    found = answer(listener, ago, random)
    if found is ErrorKind.CONNECT:
        sentence = f"The connection to {PLACE} port {NOWHERE_PORT} was refused: nothing listens there."
        return Outcome(error_kind=found, error=sentence, timing=Timing(0.1, total_ms=0.6 + random.random()))
    if isinstance(found, ErrorKind):
        sentence = f"{PLACE} sent nothing for 15 s."
        return Outcome(error_kind=found, error=sentence, timing=Timing(0.1, 0.3, total_ms=15_004))
    total = found.milliseconds
    timing = Timing(0.1, 0.3 + random.random(), None, total * 0.95 + 0.5, total + 1.5)
    return Outcome(status=found.status, headers=found.headers, body=found.body.encode(), timing=timing)
