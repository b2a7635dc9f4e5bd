"""What a subscriber's name and time-outs may be is the same wherever they are written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from dispatch.ledger.loading import load_subscribers
from dispatch.outbound import timeouts_for
from subscribers.models import Subscriber
from tests.dispatch.api.caller import Caller, machine
from tests.dispatch.ledger.rows import make_subscriber
from tests.dispatch.test_written_addresses import (
    changed_by_a_file,
    changed_by_the_api,
    changed_in_the_admin,
    replaced_by_the_api,
)
from tests.subscribers.test_admin import ADD, filled

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]

TIMEOUTS = ("connect_timeout_seconds", "idle_timeout_seconds", "total_timeout_seconds")
TOO_LONG = "This hub waits 60 s at most (SWITCH_MAX_TIMEOUT_SECONDS): give no more."
BROKEN = "A name cannot hold line breaks or other control characters; this one holds U+000A."
REFUSED = [*((name, 61, TOO_LONG) for name in TIMEOUTS), ("name", "bill\ning", BROKEN)]


@pytest.fixture
def api() -> Caller:
    return machine()


def written(**fields: Any) -> dict[str, Any]:
    return {"topic": "orders", "target_url": "http://billing/", **fields}


def apply(path: Path, **fields: Any) -> None:
    file = path / "subscribers.json"
    file.write_text(json.dumps([written(**fields)]))
    call_command("apply_subscribers", str(file), verbosity=0)


@pytest.mark.parametrize(("field", "value", "sentence"), REFUSED)
def test_the_admin_refuses_it(admin_client: Client, field: str, value: object, sentence: str) -> None:
    answer = admin_client.post(ADD, filled(**{field: value}))
    assert answer.context["adminform"].form.errors == {field: [sentence]}
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(("field", "value", "sentence"), REFUSED)
def test_the_api_refuses_it(api: Caller, field: str, value: object, sentence: str) -> None:
    answer = api.post("subscribers", written(**{field: value}))
    assert answer.status == 400
    assert [(each["field"], each["message"]) for each in answer.json["errors"]] == [(field, sentence)]
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(("field", "value", "sentence"), REFUSED)
def test_a_file_that_has_it_is_refused(tmp_path: Path, field: str, value: object, sentence: str) -> None:
    with pytest.raises(CommandError) as refused:
        apply(tmp_path, **{field: value})
    assert f"Row 1, {field}: {sentence}" in str(refused.value)
    assert not Subscriber.objects.exists()


def test_the_longest_timeout_is_the_one_that_is_set(api: Caller, settings: Settings) -> None:
    settings.SWITCH_MAX_TIMEOUT_SECONDS = 90.0
    assert api.post("subscribers", written(total_timeout_seconds=90)).status == 201
    assert api.post("subscribers", written(total_timeout_seconds=90.5)).status == 400


@pytest.mark.parametrize("write", [changed_in_the_admin, changed_by_the_api, replaced_by_the_api, changed_by_a_file])
def test_a_longer_timeout_that_stands_is_kept_and_shortened(write: Callable[..., bool], tmp_path: Path) -> None:
    subscriber = make_subscriber(name="standing", target_url="http://billing/", total_timeout_seconds=70)
    assert write(tmp_path, subscriber, total_timeout_seconds=70, retry_limit=7)
    subscriber.refresh_from_db()
    assert (subscriber.retry_limit, subscriber.total_timeout_seconds) == (7, 70)
    assert timeouts_for(load_subscribers([subscriber.pk])[subscriber.pk]).total_seconds == 60
    assert not write(tmp_path, subscriber, total_timeout_seconds=71)
    assert not write(tmp_path, subscriber, total_timeout_seconds=70, retry_limit=101)


def test_a_name_of_two_lines_that_stands_is_no_fault_of_other_fields(api: Caller) -> None:
    subscriber = make_subscriber(name="bill\ning")
    path = f"subscribers/{subscriber.pk}"
    assert api.put(path, api.get(path).json | {"retry_limit": 7}).status == 200
    assert api.patch(path, {"name": "bill\nings"}).status == 400
