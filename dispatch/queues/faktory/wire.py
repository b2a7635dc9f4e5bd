"""Jobs as Faktory's JSON, and back. Pure."""

from typing import Any
from uuid import UUID

from dispatch.queues.base import Job

#: Seconds until Faktory gives a fetched job to another consumer. Shorter ones come back only after one to two minutes
#: and cost a try; dead consumers are found by our own leases.
RESERVE_SECONDS = 1800
FAN_OUT = "fan_out"


def to_wire(job: Job, jobtype: str, queue: str) -> dict[str, Any]:
    """`args` is a list of delivery ids, or `["fan_out", event id]`, or what the original's job came with."""
    wire: dict[str, Any] = {
        "jid": job.id,
        "jobtype": jobtype,
        "queue": queue,
        "args": _arguments(job),
        "reserve_for": RESERVE_SECONDS,
        # 0 means to Faktory: forget the job when it fails. -1: keep it among the dead.
        "retry": job.retry_limit or -1,
    }
    if job.at is not None:
        wire["at"] = job.at.isoformat()
    if job.failures:
        wire["failure"] = {"retry_count": job.failures - 1, "remaining": max(0, job.retry_limit - job.failures + 1)}
    return wire


def _arguments(job: Job) -> list[Any]:
    if job.legacy:
        return list(job.legacy)
    return [FAN_OUT, str(job.fan_out)] if job.fan_out else [[str(each) for each in job.deliveries]]


def from_wire(wire: dict[str, Any]) -> Job:
    """The job that Faktory handed out. Raises ValueError if it is none of ours, nor of the original's."""
    args = wire.get("args") or []
    failure = wire.get("failure") or {}
    common: dict[str, Any] = {
        "id": wire["jid"],
        "retry_limit": max(0, int(wire.get("retry", 25))),
        "failures": int(failure["retry_count"]) + 1 if "retry_count" in failure else 0,
    }
    match args:
        case [str() as url, str() | None as expression, str() as payload]:
            return Job(**common, legacy=(url, expression or "", payload), is_kept=wire.get("retry", 25) != 0)
        case ["fan_out", str() as event_id]:
            return Job(**common, fan_out=UUID(event_id))
        case [list() as ids] if ids:
            return Job(**common, deliveries=tuple(UUID(str(each)) for each in ids))
    # Their values may hold secrets, and what is said here is logged.
    kinds = ", ".join(type(each).__name__ for each in args) if isinstance(args, list) else type(args).__name__
    raise ValueError(f"arguments of an unknown form ({kinds[:200] or 'none'})")
