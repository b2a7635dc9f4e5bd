"""What the same machine does without a hub, measured in the same run: only ratios to it can be compared."""

import io
import time
from dataclasses import dataclass

import pycurl
import requests

from bench.receiver import Receiver

BODY = b'{"padding":"' + b"x" * 100 + b'"}'
SECONDS = 0.5
SOCKETS = 64
SELECT_SECONDS = 1.0


@dataclass(frozen=True)
class References:
    """Requests a second: `session` is R, `requests.Session.post` in a loop; `multi` is libcurl, 64 sockets at once."""

    session: float
    multi: float

    def between(self, other: "References") -> "References":
        """What the machine did in the time from one measurement to the other."""
        return References((self.session + other.session) / 2, (self.multi + other.multi) / 2)


def measure(receiver: Receiver) -> References:
    url = receiver.target_url("reference")
    return References(_session_per_second(url), _multi_per_second(url))


def _session_per_second(url: str) -> float:
    headers = {"Content-Type": "application/json"}
    with requests.Session() as session:
        session.post(url, data=BODY, headers=headers)  # opens the connection
        begun, count = time.perf_counter(), 0
        while time.perf_counter() - begun < SECONDS:
            session.post(url, data=BODY, headers=headers).raise_for_status()
            count += 1
        return count / (time.perf_counter() - begun)


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
