"""`manage.py consumer_alive`, as a probe calls it."""

import socket
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from dispatch.identifiers import new_id
from dispatch.models import Consumer
from tests.servers.hub import HubServer
from tests.servers.processes import free_port, wait_until


def make_consumer(age: timedelta = timedelta(), host: str | None = None) -> None:
    Consumer.objects.create(
        pk=new_id(),
        host=socket.gethostname() if host is None else host,
        process_id=1,
        queue="embedded",
        concurrency=8,
        beat_at=timezone.now() - age,
    )


def is_alive(hub: HubServer) -> bool:
    done = hub.manage("consumer_alive", check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode == 0


@pytest.mark.django_db
def test_one_living_consumer_of_this_machine_is_enough() -> None:
    make_consumer(timedelta(minutes=10))
    make_consumer(timedelta(seconds=5))
    told = StringIO()
    call_command("consumer_alive", stdout=told)
    assert told.getvalue() == f"Consumers of {socket.gethostname()} that are alive: 1.\n"


@pytest.mark.django_db
def test_a_stale_heartbeat_is_none() -> None:
    make_consumer(timedelta(minutes=10))
    with pytest.raises(CommandError, match=r"within 30 seconds: the last one wrote its heartbeat at 20\d\d-"):
        call_command("consumer_alive")


@pytest.mark.django_db
def test_those_of_other_machines_do_not_count() -> None:
    make_consumer(host="another")
    with pytest.raises(CommandError, match="none is known"):
        call_command("consumer_alive")


def test_a_real_consumer_is_alive_while_it_runs() -> None:
    with HubServer() as hub:
        assert not is_alive(hub)
        consumer = hub.start_consumer()
        wait_until(lambda: is_alive(hub), "The consumer", consumer, hub.log)
        hub.stop_consumers()
        assert not is_alive(hub)


def test_a_database_that_is_away_is_no_fault_of_the_consumer() -> None:
    away = HubServer({"DATABASE_URL": f"postgres://switch:x@127.0.0.1:{free_port()}/switch"})
    done = away.manage("consumer_alive", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("The database does not answer")
