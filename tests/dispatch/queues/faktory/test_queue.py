"""What Faktory alone makes possible to go wrong."""

import json
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any
from uuid import uuid4

import faktory
import pytest
from pytest_django import Settings

from dispatch.identifiers import new_id
from dispatch.queues.base import Failure, Job, QueueUnavailableError
from dispatch.queues.faktory import queue as faktory_queue
from dispatch.queues.faktory.queue import FaktoryQueue
from tests.dispatch.queues.faktory.jobs import a_job
from tests.dispatch.queues.faktory.peers import FakeFaktory
from tests.servers.faktory import FaktoryServer
from tests.servers.processes import free_port
from tests.servers.wire import Wire

#: Long enough for a reply that is there.
WAIT_SECONDS = 1.0


def reply(wire: dict[str, Any]) -> bytes:
    text = json.dumps(wire)
    return f"${len(text)}\r\n{text}\r\n".encode()


CALLS: dict[str, Callable[[FaktoryQueue], Any]] = {
    "push": lambda queue: queue.push([a_job()]),
    "fetch": lambda queue: queue.fetch(10, WAIT_SECONDS),
    "ack": lambda queue: queue.ack([a_job()]),
    "fail": lambda queue: queue.fail([Failure(a_job(), "500", "HTTP 500")]),
    "beat": lambda queue: queue.beat(),
    "depth": lambda queue: queue.depth(),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_every_call_names_a_faktory_that_is_away(call: Callable[[FaktoryQueue], Any], settings: Settings) -> None:
    settings.FAKTORY_URL = f"tcp://127.0.0.1:{free_port()}"
    with closing(FaktoryQueue(new_id())) as queue, pytest.raises(QueueUnavailableError, match="No connection"):
        call(queue)


@pytest.mark.parametrize("name", ["push", "ack", "fail", "beat", "depth"])
def test_a_faktory_that_hangs_is_given_up_at_the_deadline_of_a_push(name: str, settings: Settings) -> None:
    settings.SWITCH_PUSH_TIMEOUT_SECONDS = 0.5
    with FakeFaktory([b""] * 5) as server:
        settings.FAKTORY_URL = server.url
        with closing(FaktoryQueue(new_id())) as queue, pytest.raises(QueueUnavailableError, match="was lost"):
            CALLS[name](queue)


@pytest.mark.parametrize("name", ["push", "fetch", "beat", "depth"])
def test_a_command_refused_is_an_unavailable_queue_and_the_next_connects_anew(name: str, settings: Settings) -> None:
    """As when its Redis is away, or when it has forgotten a consumer that slept."""
    with FakeFaktory([b"-ERR Unknown worker abc\r\n"] * 2) as server:
        settings.FAKTORY_URL = server.url
        with closing(FaktoryQueue(new_id())) as queue:
            for _ in range(2):
                with pytest.raises(QueueUnavailableError, match="Unknown worker"):
                    CALLS[name](queue)
    assert sum(line.startswith("HELLO") for line in server.lines) == 2


def test_jobs_in_hand_are_not_lost_when_faktory_goes_away_behind_them(settings: Settings) -> None:
    settings.SWITCH_PUSH_TIMEOUT_SECONDS = 0.1
    job = a_job()
    wire = reply({"jid": job.id, "args": [[job.id]], "retry": 25})
    with FakeFaktory([wire, None]) as server:
        settings.FAKTORY_URL = server.url
        with closing(FaktoryQueue(new_id())) as queue:
            assert queue.fetch(10, WAIT_SECONDS) == [job]


def test_a_faktory_that_vanished_without_a_word_is_noticed_and_fetched_from_anew(
    server: FaktoryServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its machine lost its power, or a firewall forgot the connection: an answer never comes, nor does an end."""
    monkeypatch.setattr(faktory_queue, "FETCH_ANSWER_SECONDS", 3.0)  # above the two seconds of a FETCH
    job = a_job()
    with Wire(server.port) as wire:
        settings.FAKTORY_URL = server.url.replace(f":{server.port}", f":{wire.port}")
        with closing(FaktoryQueue(new_id())) as queue:
            assert queue.fetch(10, 0.05) == []  # the FETCH is on its way from here on
            wire.cut()
            with pytest.raises(QueueUnavailableError, match="No answer to FETCH within 3 seconds"):
                fetch_until(queue, lambda jobs: False)
            queue.push([job])
            assert fetch_until(queue, bool) == [job]
            queue.ack([job])


def fetch_until(queue: FaktoryQueue, is_enough: Callable[[list[Job]], bool], seconds: float = 20.0) -> list[Job]:
    """Fetches as a consumer does; fails if it is never enough."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_enough(jobs := queue.fetch(10, WAIT_SECONDS)):
            return jobs
    pytest.fail("nothing came of the fetches")


def test_an_idle_faktory_is_no_outage(queue: FaktoryQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers with nothing, and with that it answers."""
    monkeypatch.setattr(faktory_queue, "FETCH_ANSWER_SECONDS", 3.0)
    assert [queue.fetch(10, WAIT_SECONDS) for _ in range(5)] == [[]] * 5


def test_a_signal_comes_with_the_answer_to_a_heartbeat(settings: Settings) -> None:
    with FakeFaktory([b"+OK\r\n", reply({"state": "quiet"}), reply({"state": "terminate"})]) as server:
        settings.FAKTORY_URL = server.url
        with closing(FaktoryQueue(new_id())) as queue:
            assert [queue.beat() for _ in range(3)] == ["", "quiet", "terminate"]


def test_a_job_refused_in_a_bulk_is_logged_and_the_others_are_pushed(
    queue: FaktoryQueue, caplog: pytest.LogCaptureFixture
) -> None:
    """Faktory takes no job id of fewer than eight characters."""
    good, bad = a_job(), Job(id="short", deliveries=(new_id(),))
    queue.push([bad, good])
    assert "refused the job short" in caplog.text
    assert queue.fetch(10, WAIT_SECONDS) == [good]


def test_pushes_are_always_in_bulk_with_their_retry(settings: Settings) -> None:
    with FakeFaktory([reply({})]) as server:
        settings.FAKTORY_URL = server.url
        with closing(FaktoryQueue(None)) as queue:
            queue.push([a_job(retry_limit=0)])
    command, _, text = server.lines[-1].partition(" ")
    assert command == "PUSHB"
    assert [wire["retry"] for wire in json.loads(text)] == [-1]


def test_a_failure_of_a_job_that_faktory_does_not_know_is_returned(queue: FaktoryQueue) -> None:
    known, unknown = a_job(), a_job()
    queue.push([known])
    [fetched] = queue.fetch(1, WAIT_SECONDS)
    assert queue.fail([Failure(each, "500", "HTTP 500") for each in (fetched, unknown)]) == [unknown]


def test_jobs_read_out_at_the_end_are_given_back_whole(server: FaktoryServer, settings: Settings) -> None:
    jobs = [
        a_job(retry_limit=7),
        Job(id="legacy-job", legacy=("http://a/", "", "e30="), retry_limit=3),
        Job(id=str(new_id()), deliveries=(new_id(), new_id())),
    ]
    for job in jobs:
        with closing(FaktoryQueue(new_id())) as leaving:
            assert leaving.fetch(1, 0.05) == []  # the FETCH is on its way from here on
            leaving.push([job])
        with closing(FaktoryQueue(new_id())) as other:
            assert other.fetch(1, WAIT_SECONDS) == [job]


def test_a_job_that_is_none_of_ours_goes_to_faktorys_retries(
    queue: FaktoryQueue, server: FaktoryServer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    before = queue.depth().scheduled
    name, job = settings.SWITCH_PRODUCTION_QUEUE, a_job()
    queue._commands.ask(f"PUSHB {json.dumps([foreign_job(name, [[5]]), foreign_job(name, ['what'])])}")
    queue.push([job])
    found: list[Job] = []
    while not found:
        found = queue.fetch(10, WAIT_SECONDS)
    assert found == [job]
    assert caplog.text.count("is not for Switch") == 2
    assert queue.depth().scheduled == before + 2


@pytest.mark.parametrize("args", [["http://a.example/", "True", {"token": "hush"}], ["hush", "", "", ""], ["hush"]])
def test_what_a_job_that_is_none_of_ours_holds_is_not_logged(
    queue: FaktoryQueue, settings: Settings, caplog: pytest.LogCaptureFixture, args: list[Any]
) -> None:
    foreign = foreign_job(settings.SWITCH_PRODUCTION_QUEUE, args)
    queue._commands.ask(f"PUSHB {json.dumps([foreign])}")
    assert queue.fetch(1, 1.0) == []
    assert foreign["jid"] in caplog.text
    assert f"({', '.join(type(each).__name__ for each in args)})" in caplog.text
    assert "hush" not in caplog.text


def dead(queue: FaktoryQueue) -> int:
    return int(json.loads(queue._commands.ask("INFO") or "{}")["faktory"]["tasks"]["Dead"]["size"])


def test_one_that_may_not_be_retried_is_kept_among_the_dead(queue: FaktoryQueue, settings: Settings) -> None:
    before = dead(queue)
    foreign = foreign_job(settings.SWITCH_PRODUCTION_QUEUE, [5], retry=0)
    queue._commands.ask(f"PUSHB {json.dumps([foreign])}")
    deadline = time.monotonic() + WAIT_SECONDS
    while dead(queue) == before and time.monotonic() < deadline:
        assert queue.fetch(1, 0.2) == []
    assert dead(queue) == before + 1


@pytest.mark.parametrize("retry", [0, -1])
def test_one_of_the_originals_that_may_not_be_retried_is_kept_with_its_arguments(
    queue: FaktoryQueue, settings: Settings, retry: int
) -> None:
    before = dead(queue)
    foreign = foreign_job(settings.SWITCH_PRODUCTION_QUEUE, ["http://a/", "", "e30="], retry)
    queue._commands.ask(f"PUSHB {json.dumps([foreign])}")
    found: list[Job] = []
    deadline = time.monotonic() + 10
    while dead(queue) == before and time.monotonic() < deadline:
        jobs = queue.fetch(1, 0.2)
        assert queue.fail([Failure(job, "unstorable_job", "too large a number") for job in jobs]) == []
        found += jobs
    assert dead(queue) == before + 1
    assert {(job.id, job.legacy) for job in found} == {(foreign["jid"], ("http://a/", "", "e30="))}
    assert queue.depth().waiting == 0


def foreign_job(queue: str, args: list[Any], retry: int = 5) -> dict[str, Any]:
    return {"jid": uuid4().hex, "jobtype": "pubsub", "queue": queue, "args": args, "retry": retry}


@pytest.mark.parametrize("name", ["push", "ack", "fail", "beat", "depth"])
def test_a_connection_that_faktory_closed_while_it_was_idle_costs_nothing(name: str, settings: Settings) -> None:
    with FaktoryServer() as server:
        settings.FAKTORY_URL = server.url
        with closing(FaktoryQueue(new_id())) as queue:
            CALLS[name](queue)
            server.kill()
            server.start()
            CALLS[name](queue)


def test_the_packages_client_and_this_queue_understand_each_other(settings: Settings) -> None:
    settings.SWITCH_PRODUCTION_QUEUE = f"queue-{uuid4().hex}"
    with FaktoryServer(password="plain") as server:
        settings.FAKTORY_URL = server.url
        with faktory.connection(server.url) as client:
            args = ["http://a/", 'data["x"]', "e30="]
            client.queue("pubsub", args=args, queue=settings.SWITCH_PRODUCTION_QUEUE, jid="of-the-original", retry=9)
        with closing(FaktoryQueue(new_id())) as queue:
            [job] = queue.fetch(1, WAIT_SECONDS)
            assert job == Job(id="of-the-original", legacy=("http://a/", 'data["x"]', "e30="), retry_limit=9)
            queue.ack([job])
