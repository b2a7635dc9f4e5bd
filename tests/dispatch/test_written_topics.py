"""A subscriber's topic keeps its blanks wherever it is written: a publish keeps those of its own."""

from pathlib import Path

import pytest
from django.test import Client

from subscribers import matching
from subscribers.models import Subscriber
from tests.dispatch.api.caller import Caller, machine
from tests.dispatch.test_written_fields import apply, written
from tests.subscribers.test_admin import ADD, filled

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet_log")]


@pytest.fixture
def api() -> Caller:
    return machine()


TOPICS = [" lead", "lead ", "\u3000lead"]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_keeps_its_blanks_by_the_api(api: Caller, topic: str) -> None:
    created = api.post("subscribers", written(topic=topic))
    assert (created.status, created.json["topic"]) == (201, topic)
    assert [each.subscriber_id for each in matching.newest().match(topic, {})] == [created.json["id"]]
    assert not matching.newest().match("lead", {})
    found = api.get(f"subscribers?topic={topic}").json["results"]
    assert [each["id"] for each in found] == [created.json["id"]]
    assert not api.get("subscribers?topic=lead").json["results"]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_keeps_its_blanks_in_a_file(tmp_path: Path, topic: str) -> None:
    apply(tmp_path, topic=topic)
    assert Subscriber.objects.get().topic == topic


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_keeps_its_blanks_in_the_admin_and_is_warned_of(admin_client: Client, topic: str) -> None:
    answer = admin_client.post(ADD, filled(topic=topic), follow=True)
    assert Subscriber.objects.get().topic == topic
    (warning,) = [str(each) for each in answer.context["messages"] if each.level_tag == "warning"]
    assert warning.endswith(
        f"The blanks around {topic!r} are part of it, and events published on 'lead' do not go here."
    )


def test_a_topic_without_blanks_is_no_cause_for_a_warning(admin_client: Client) -> None:
    answer = admin_client.post(ADD, filled(), follow=True)
    assert not [each for each in answer.context["messages"] if each.level_tag == "warning"]
