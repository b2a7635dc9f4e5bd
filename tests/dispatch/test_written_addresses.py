"""An address that deliveries may not call is refused wherever a URL is written, unless it stands there already."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from dispatch.identifiers import new_id
from subscribers.models import Subscriber
from subscribers.originals import read_originals, take_over
from subscribers.validators import validate_target_url
from tests.dispatch.api.caller import Caller, machine
from tests.dispatch.ledger.rows import make_subscriber
from tests.subscribers.originals import write_originals
from tests.subscribers.test_admin import ADD, change, filled

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]

METADATA = "http://169.254.169.254/latest/"
NEVER = "This address is not called: 169.254.169.254, a cloud's metadata service, which is never called."
LOOPBACK = (
    "This address is not called: 127.0.0.1, a loopback address, "
    "which SWITCH_DELIVERY_NETWORKS refuses unless SWITCH_DELIVERY_ALLOW has it."
)


@pytest.mark.parametrize("url", [METADATA, "http://0xa9fea9fe/", "http://2852039166/"])
def test_what_is_never_called_is_refused_in_any_form(url: str, settings: Settings) -> None:
    settings.SWITCH_DELIVERY_ALLOW = ["0.0.0.0/0"]
    with pytest.raises(ValidationError) as refused:
        validate_target_url(url)
    assert (refused.value.code, refused.value.message) == ("target_address_refused", NEVER)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/:id", "http://127.1/", "http://2130706433/"])
def test_what_a_setting_refuses_is_refused_with_its_name(url: str, settings: Settings) -> None:
    validate_target_url(url)
    settings.SWITCH_DELIVERY_NETWORKS = "public"
    with pytest.raises(ValidationError, match="SWITCH_DELIVERY_NETWORKS") as refused:
        validate_target_url(url)
    assert refused.value.message == LOOPBACK
    settings.SWITCH_DELIVERY_ALLOW = ["127.0.0.0/8"]
    validate_target_url(url)
    settings.SWITCH_DELIVERY_DENY = ["127.0.0.1"]
    with pytest.raises(ValidationError, match="which SWITCH_DELIVERY_DENY refuses"):
        validate_target_url(url)


@pytest.mark.parametrize("url", ["http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://[64:ff9b::10.0.0.1]/"])
def test_addresses_of_ipv6_are_judged_with_what_they_lead_to(url: str, settings: Settings) -> None:
    validate_target_url(url)
    settings.SWITCH_DELIVERY_NETWORKS = "public"
    with pytest.raises(ValidationError, match="SWITCH_DELIVERY_NETWORKS"):
        validate_target_url(url)


def test_a_name_is_judged_only_when_a_request_is_sent(settings: Settings) -> None:
    settings.SWITCH_DELIVERY_NETWORKS = "public"
    validate_target_url("http://localhost/")


def _api() -> Caller:
    return machine(name=str(new_id()))


def _admin() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser(str(new_id())))
    return client


def written_in_the_admin(path: Path, url: str) -> str:
    client = _admin()
    answer = client.post(ADD, filled(target_url=url))
    return " ".join(answer.context["adminform"].form.errors["target_url"])


def written_by_the_api(path: Path, url: str) -> str:
    answer = _api().post("subscribers", {"topic": "orders", "target_url": url})
    assert (answer.status, answer.json["errors"][0]["code"]) == (400, "target_address_refused")
    return str(answer.json["errors"][0]["message"])


def written_by_the_command(path: Path, url: str) -> str:
    with pytest.raises(CommandError) as refused:
        call_command("subscribe", "orders", url, stdout=StringIO())
    return str(refused.value)


def written_in_a_file(path: Path, url: str) -> str:
    file = path / "subscribers.json"
    file.write_text(json.dumps([{"topic": "orders", "target_url": url}]))
    with pytest.raises(CommandError) as refused:
        call_command("apply_subscribers", str(file), stdout=StringIO())
    return str(refused.value)


def left_by_the_original(path: Path, url: str) -> str:
    [taken] = take_over(read_originals(write_originals(path / "old.db", ("orders", "", url, None))))
    return taken.problem


WAYS = [
    written_in_the_admin,
    written_by_the_api,
    written_by_the_command,
    written_in_a_file,
    left_by_the_original,
]


@pytest.mark.parametrize("write", WAYS)
def test_it_is_refused_wherever_it_is_written(write: Callable[[Path, str], str], tmp_path: Path) -> None:
    assert NEVER in write(tmp_path, METADATA)
    assert not Subscriber.objects.exists()


def changed_in_the_admin(path: Path, subscriber: Subscriber, **fields: Any) -> bool:
    client = _admin()
    given = filled(target_url=subscriber.target_url, name="standing", topic="orders") | fields
    return client.post(change(subscriber), given).status_code == 302


def changed_by_the_api(path: Path, subscriber: Subscriber, **fields: Any) -> bool:
    return _api().patch(f"subscribers/{subscriber.pk}", fields).status == 200


def replaced_by_the_api(path: Path, subscriber: Subscriber, **fields: Any) -> bool:
    given = {"topic": "orders", "name": "standing", "target_url": subscriber.target_url} | fields
    return _api().put(f"subscribers/{subscriber.pk}", given).status == 200


def changed_by_a_file(path: Path, subscriber: Subscriber, **fields: Any) -> bool:
    file = path / "subscribers.json"
    given = {"topic": "orders", "name": "standing", "target_url": subscriber.target_url} | fields
    file.write_text(json.dumps([given]))
    try:
        call_command("apply_subscribers", str(file), stdout=StringIO())
    except CommandError:
        return False
    return True


@pytest.mark.parametrize("write", [changed_in_the_admin, changed_by_the_api, replaced_by_the_api, changed_by_a_file])
def test_where_it_stands_already_the_other_fields_can_be_written(write: Callable[..., bool], tmp_path: Path) -> None:
    subscriber = make_subscriber(name="standing", target_url=METADATA)
    assert write(tmp_path, subscriber, retry_limit=7)
    subscriber.refresh_from_db()
    assert (subscriber.retry_limit, subscriber.target_url) == (7, METADATA)
    assert not write(tmp_path, subscriber, target_url="http://169.254.169.254/other/")
    assert write(tmp_path, subscriber, target_url="http://billing/")
    assert not write(tmp_path, subscriber, target_url=METADATA)
    assert Subscriber.objects.get().target_url == "http://billing/"


def test_the_other_faults_of_such_a_row_are_told(tmp_path: Path) -> None:
    subscriber = make_subscriber(name="standing", target_url=METADATA)
    for write in (changed_in_the_admin, changed_by_the_api, replaced_by_the_api, changed_by_a_file):
        assert not write(tmp_path, subscriber, retry_limit=101)
    assert Subscriber.objects.get().retry_limit == 25
