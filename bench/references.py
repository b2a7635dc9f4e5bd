"""What the same machine does without a hub, measured in the same run: only ratios to it can be compared."""

import io
import time
from dataclasses import astuple, dataclass
from statistics import quantiles

import pycurl
import requests

from bench.receiver import Receiver

BODY = b'{"padding":"' + b"x" * 100 + b'"}'
SECONDS = 0.5
SOCKETS = 64
SELECT_SECONDS = 1.0


@dataclass(frozen=True)
class References:
    """What the machine does by itself.

    `session` is R, the requests a second of `requests.Session.post` in a loop, and `session_p99_ms` what one in a
    hundred of them takes at least: where others use the machine too, their share of any latency. `multi` is the
    requests a second of libcurl with 64 sockets at once.
    """

    session: float
    multi: float
    session_p99_ms: float

    def between(self, other: "References") -> "References":
        """What the machine did in the time from one measurement to the other."""
        pairs = zip(astuple(self), astuple(other), strict=True)
        return References(*((mine + its) / 2 for mine, its in pairs))


def measure(receiver: Receiver) -> References:
    url = receiver.target_url("reference")
    times = _session_times(url)
    p99 = quantiles(times, n=100)[-1]
    return References(len(times) / sum(times), _multi_per_second(url), p99 * 1000)


def _session_times(url: str) -> list[float]:
    """The seconds of each request."""
    headers = {"Content-Type": "application/json"}
    with requests.Session() as session:
        session.post(url, data=BODY, headers=headers)  # opens the connection
        begun = before = time.perf_counter()
        times = []
        while before - begun < SECONDS:
            session.post(url, data=BODY, headers=headers).raise_for_status()
            now = time.perf_counter()
            times.append(now - before)
            before = now
        return times


def _multi_per_second(url: str) -> float:
    multi = pycurl.CurlMulti()
    handles = [_handle(url) for _ in range(SOCKETS)]
    for handle in handles:
        multi.add_handle(handle)
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < SECONDS:
        multi.perform()
        finished = _finished(multi)
        for handle in finished:
            multi.remove_handle(handle)
            multi.add_handle(handle)
        count += len(finished)
        if not finished:
            multi.select(SELECT_SECONDS)
    seconds = time.perf_counter() - begun
    for handle in handles:
        multi.remove_handle(handle)
        handle.close()
    multi.close()
    return count / seconds


def _handle(url: str) -> pycurl.Curl:
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, url)
    handle.setopt(pycurl.PROXY, "")
    handle.setopt(pycurl.HTTPHEADER, ["Content-Type: application/json", "Expect:"])
    handle.setopt(pycurl.POSTFIELDS, BODY)
    handle.setopt(pycurl.WRITEDATA, io.BytesIO())
    return handle


def _finished(multi: pycurl.CurlMulti) -> list[pycurl.Curl]:
    _, done, failed = multi.info_read(SOCKETS)
    if failed:
        raise RuntimeError(f"The receiver refused the reference's requests: {failed[0][2]}")
    return list(done)
