"""A file of subscribers is applied by a command: all of it or nothing, and told beforehand."""

import getpass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from dispatch.models import Delivery
from subscribers.history import changes
from subscribers.models import Subscriber
from subscribers.secrets import new_shared_secret
from tests.dispatch.ledger.rows import make_delivery

pytestmark = pytest.mark.django_db

URL = "http://billing:8000/"


def make(**fields: Any) -> Subscriber:
    given = {"topic": "orders", "target_url": URL, **fields}
    return Subscriber.objects.get(pk=Subscriber.objects.create(**given).pk)


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(list(rows)))
    return path


def run(*arguments: Any) -> str:
    output = StringIO()
    call_command(*map(str, arguments), stdout=output)
    return output.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "subscribers.yaml"


def test_rows_are_matched_by_name_and_tell_what_they_change(file: Path) -> None:
    make(name="billing", retry_limit=3)
    make(name="kept")
    new = {"name": "shelf", "topic": "stock", "target_url": "http://shelf/"}
    write(file, {"name": "billing", "topic": "orders.paid"}, new)
    told = run("apply_subscribers", "--dry-run", file)
    assert "~ billing\n    topic: orders → orders.paid\n+ shelf\n" in told
    assert "Would be 1 created, 1 changed, 0 as they were, 0 deleted." in told
    assert Subscriber.objects.get(name="billing").topic == "orders"
    assert Subscriber.history.count() == 2, "a dry run leaves no record"
    run("apply_subscribers", file)
    billing, shelf = (Subscriber.objects.get(name=name) for name in ("billing", "shelf"))
    assert (billing.topic, billing.target_url, billing.retry_limit) == ("orders.paid", URL, 3)
    assert (shelf.state, shelf.retry_limit, shelf.body_format) == ("active", 25, "plain")
    assert Subscriber.objects.existing().filter(name="kept").exists()
    newest = changes(billing)[0]
    assert (newest.name, newest.reason) == (getpass.getuser(), "manage.py apply_subscribers subscribers.yaml")
    assert "0 created, 0 changed, 2 as they were" in run("apply_subscribers", file)


@pytest.mark.parametrize("ending", ["yaml", "json", "csv"])
def test_an_export_applied_again_changes_nothing_and_has_no_secrets(tmp_path: Path, ending: str) -> None:
    secret = new_shared_secret()
    make(name="billing", secret=secret, previous_secret=secret, filter_expression='data["a"] == "ü" and\n1 < 2')
    make(connect_timeout_seconds=1.5, rate_limit_per_second=0.5, max_in_flight=3)
    make()
    make()
    path = tmp_path / f"all.{ending}"
    assert "4 subscribers are in" in run("export_subscribers", path)
    assert secret not in path.read_text()
    before = list(Subscriber.objects.order_by("pk").values())
    assert "0 created, 0 changed, 4 as they were, 0 deleted" in run("apply_subscribers", "--prune", path)
    assert list(Subscriber.objects.order_by("pk").values()) == before
    Subscriber.objects.all().delete()
    assert "4 created" in run("apply_subscribers", path)
    remade = Subscriber.objects.existing().exclude(connect_timeout_seconds=None).get()
    assert (remade.connect_timeout_seconds, remade.max_in_flight, remade.idle_timeout_seconds) == (1.5, 3, None)


def test_a_bad_row_changes_nothing_and_every_fault_is_told(file: Path) -> None:
    good = {"name": "shelf", "topic": "stock", "target_url": "http://shelf/"}
    bad = {"name": "broken", "topic": "stock", "target_url": "ftp://shelf/", "filter_expression": "no_such_name"}
    nameless = {"topic": "", "target_url": "http://x/", "retry_limit": "many"}
    write(file, good, bad, nameless, good | {"topic": "twice"})
    with pytest.raises(CommandError) as refused:
        run("apply_subscribers", file)
    text = str(refused.value)
    assert "Row 2 (broken), target_url: It must begin with http" in text
    assert "Row 2 (broken), filter_expression: " in text
    assert "Row 3, retry_limit: " in text
    assert "Row 4 (shelf), name: Row 1 has this name already." in text
    assert "Nothing was changed." in text
    assert not Subscriber.objects.exists()


def test_what_no_row_may_say_is_told_beside_all_other_faults(file: Path) -> None:
    make(name="gone")
    file.write_text(
        "- {name: shelf, topic: stock, target_url: http://shelf/, secret: x}\n"
        "- {name: broken, topic: stock, target_url: ftp://shelf/}\n"
        "- {name: twice, topic: a, topic: b, target_url: http://shelf/}\n"
    )
    with pytest.raises(CommandError) as refused:
        run("apply_subscribers", "--prune", file)
    told = str(refused.value).splitlines()
    assert [line.partition(":")[0] for line in told] == [
        *("Row 1 (shelf), secret", "Row 2 (broken), target_url", "Row 3 (twice), topic", "Nothing was changed."),
    ]
    assert [each.name for each in Subscriber.objects.existing()] == ["gone"]


def test_prune_deletes_what_the_file_does_not_name_and_cancels_what_waits(file: Path) -> None:
    kept, gone = make(name="billing"), make(name="gone")
    waiting = make_delivery(gone)
    write(file, {"name": "billing"})
    would = run("apply_subscribers", "--prune", "--dry-run", file)
    assert "- gone" in would
    assert "would be cancelled: 1." in would
    waiting.refresh_from_db()
    assert waiting.state == "pending"
    assert Subscriber.objects.existing().count() == 2
    told = run("apply_subscribers", "--prune", file)
    assert "1 deleted" in told
    assert "are cancelled: 1." in told
    assert list(Subscriber.objects.existing()) == [kept]
    assert Delivery.objects.get(pk=waiting.pk).state == "cancelled"


@pytest.mark.parametrize(
    ("ending", "text"), [("yaml", ""), ("yaml", "# billing\n"), ("yaml", "[]"), ("json", "[]"), ("csv", "name,topic\n")]
)
def test_a_file_without_rows_prunes_all_only_if_that_is_allowed(tmp_path: Path, ending: str, text: str) -> None:
    make(name="billing")
    path = tmp_path / f"none.{ending}"
    path.write_text(text)
    for also in ((), ("--dry-run",)):
        with pytest.raises(CommandError, match=r"--prune would delete every subscriber.*--allow-empty"):
            run("apply_subscribers", "--prune", *also, path)
    assert "0 deleted" in run("apply_subscribers", path)
    assert "1 deleted" in run("apply_subscribers", "--prune", "--allow-empty", "--dry-run", path)
    assert Subscriber.objects.existing().count() == 1
    assert "1 deleted" in run("apply_subscribers", "--prune", "--allow-empty", path)
    assert not Subscriber.objects.existing().exists()


def test_a_refused_file_prunes_nothing(file: Path) -> None:
    make(name="gone")
    write(file, {"name": "shelf", "topic": "stock", "target_url": "nonsense"})
    with pytest.raises(CommandError):
        run("apply_subscribers", "--prune", file)
    assert Subscriber.objects.existing().count() == 1


def test_a_pause_and_a_secret_stay_as_they_are(file: Path) -> None:
    secret = new_shared_secret()
    make(name="billing", state="paused", state_reason="a move", secret=secret)
    write(file, {"name": "billing", "retry_limit": 4})
    run("apply_subscribers", file)
    changed = Subscriber.objects.get()
    assert (changed.retry_limit, changed.state, changed.state_reason, changed.secret) == (4, "paused", "a move", secret)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [("x.toml", "", "ends in none of"), ("x.json", "[", "not JSON"), ("missing/x.yaml", None, "cannot be read")],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(
    tmp_path: Path, name: str, text: str | None, reason: str
) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(CommandError, match=reason):
        run("apply_subscribers", path)
