"""A snapshot brought up to date by changes is the one that a full read gives, in every process."""

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from django.db.models.functions import Now

from subscribers import matching
from subscribers.filters import compile_filter
from subscribers.matching import Snapshot
from subscribers.models import Subscriber

TOPICS = ["order", "invoice", "refund"]
PATTERNS = ["*", "in*", "order*"]
FILTERS = [
    *("", "True", "data[", 'data["body"] > 2', 'data["body"] == 1', 'data["body"] in (2, "x") and data["body"] != 3'),
    *('data["missing"] == 1', 'data.get("missing") is None and data["body"] == 2'),
]
EVENTS = [{"body": body} for body in (1, 2, 3, "x", [1])]


def create(**fields: object) -> Subscriber:
    return Subscriber.objects.create(**{"topic": "order", "target_url": "http://billing/"} | fields)


class Changes:
    """Random changes of the table, of each kind that there is."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.kinds: list[Callable[[], object]] = [
            self.create,
            self.create_many,
            self.update,
            self.update_many,
            self.save,
            self.delete,
            self.restore,
            self.remove,
            self.pause,
            matching.refresh,
        ]

    def make(self, count: int) -> None:
        for _ in range(count):
            self.random.choices(self.kinds, weights=[6, 2, 4, 1, 4, 3, 1, 1, 1, 1])[0]()

    def some(self, size: int = 1) -> list[int]:
        ids = sorted(Subscriber.objects.values_list("pk", flat=True))
        return self.random.sample(ids, min(size, len(ids)))

    def fields(self) -> dict[str, object]:
        return {"topic": self.random.choice(TOPICS + PATTERNS), "filter_expression": self.random.choice(FILTERS)}

    def create(self) -> None:
        create(**self.fields())

    def create_many(self) -> None:
        rows = [Subscriber(target_url="http://billing/", **self.fields()) for _ in range(3)]
        Subscriber.objects.bulk_create(rows)

    def update(self) -> None:
        Subscriber.objects.filter(pk__in=self.some()).update(**self.fields())

    def update_many(self) -> None:
        Subscriber.objects.filter(topic=self.random.choice(TOPICS)).update(**self.fields())

    def save(self) -> None:
        for subscriber in Subscriber.objects.filter(pk__in=self.some(2)):
            subscriber.topic = self.random.choice(TOPICS)
            subscriber.save()

    def delete(self) -> None:
        Subscriber.objects.filter(pk__in=self.some()).delete()

    def restore(self) -> None:
        Subscriber.objects.filter(pk__in=self.some()).update(deleted_at=None)

    def remove(self) -> None:
        for number in self.some():
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM subscriber WHERE id = %s", [number])

    def pause(self) -> None:
        Subscriber.objects.filter(pk__in=self.some(2)).update(
            state=self.random.choice(["active", "paused"]), deleted_at=self.random.choice([None, None, Now()])
        )


def heard(snapshot: Snapshot) -> list[object]:
    """Everything that can be learnt from a snapshot, whatever way its index has grown."""
    return [
        snapshot.version,
        [snapshot.candidates(topic) for topic in TOPICS],
        [snapshot.match(topic, data) for topic in TOPICS for data in EVENTS],
        [snapshot.chunk(topic, data, 0, 1_000).matches for topic in TOPICS for data in EVENTS],
    ]


def matched(snapshot: Snapshot) -> list[list[int]]:
    return [
        [candidate.subscriber_id for candidate in snapshot.match(topic, data)] for topic in TOPICS for data in EVENTS
    ]


def asked_one_by_one() -> list[list[int]]:
    """As `matched`, by the rows alone."""
    rows = list(Subscriber.objects.existing().order_by("id"))
    return [[row.pk for row in rows if wants(row, topic, data)] for topic in TOPICS for data in EVENTS]


def wants(row: Subscriber, topic: str, data: object) -> bool:
    if not (topic.startswith(row.topic[:-1]) if row.topic.endswith("*") else topic == row.topic):
        return False
    return row.filter_expression == "data[" or compile_filter(row.filter_expression).matches(data)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
def test_reading_changes_equals_reading_in_full(seed: int) -> None:
    changes = Changes(seed)
    for _ in range(12):
        changes.make(changes.random.randint(0, 5))
        by_changes = matching.newest()
        matching.forget()
        assert heard(matching.newest()) == heard(by_changes)
        assert matched(by_changes) == asked_one_by_one()
        # The next round starts from the snapshot that changes made.
        matching._current = by_changes


SCRIPT = """
import django, sys
django.setup()
from subscribers import matching
from subscribers.filters import compile_filter
print(len(matching.newest().match("order", {})), flush=True)
for line in sys.stdin:
    snapshot = matching.at_version(int(line))
    print(len(snapshot.match("order", {})), flush=True)
"""


@contextmanager
def second_process() -> Iterator[Callable[[str], int]]:
    """Asks another process, which has a snapshot of its own, how many hear of an event at a version."""
    settings = connection.settings_dict
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "switchsite.settings",
        "SWITCH_ENV_FILE": os.devnull,
        "SWITCH_SECRET_KEY": "a key that protects nothing but the tests of this project",
        "SWITCH_JWT_SECRET": "a secret that signs nothing but the tokens of these tests",
        "SWITCH_DB_NAME": str(settings["NAME"]),
    }
    if connection.vendor == "postgresql":
        address = f"{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"
        environment["DATABASE_URL"] = f"postgres://{settings['USER']}@{address}"
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        question, answer = process.stdin, process.stdout

        def ask(line: str) -> int:
            if line:
                question.write(line + "\n")
                question.flush()
            return int(answer.readline())

        yield ask
        question.close()


@pytest.mark.django_db(transaction=True)
def test_change_committed_before_a_publish_holds_for_it_in_another_process() -> None:
    create()
    with second_process() as heard:
        assert heard("") == 1
        create()
        assert heard(_version()) == 2
        Subscriber.objects.update(filter_expression="False")
        assert heard(_version()) == 0
        with connection.cursor() as cursor:
            cursor.execute("UPDATE subscriber SET filter_expression = '' WHERE id = (SELECT MIN(id) FROM subscriber)")
        assert heard(_version()) == 1
        matching.refresh()
        assert heard(_version()) == 1
        Subscriber.objects.all().delete()
        assert heard(_version()) == 0


def _version() -> str:
    return str(matching.newest().version)
