"""The commands of docs/publishing.md, run against a real hub; what the page shows of answers is what comes."""

import json
import re
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from dispatch.api.serializers.publishing import DataSerializer, PlainEventSerializer
from tests.docs.commands import blocks, page, run
from tests.servers.hub import HubServer

TEXT = page("publishing.md")
#: Says which members are counts by name: those that are there differ from event to event.
COUNTS = "states"


@pytest.mark.timeout(180)
def test_every_command_works_and_every_answer_looks_as_shown() -> None:
    with HubServer() as hub:
        hub.start_web()
        hub.manage("subscribe", "order.created", "http://a:1234/", "--name", "billing")
        told = run(hub, blocks(TEXT))
    _, published, repeated, listed, asked, _, by_command = told
    shown = [json.loads(example) for example in blocks(TEXT, "json")]
    came = [json.loads(answer) for answer in (published, listed, asked)]
    assert [members(each) for each in came] == [members(each) for each in shown]
    first, again = (json.loads(answer) for answer in re.findall("{.*?}", repeated))
    assert (first["duplicate"], again) == (False, first | {"duplicate": True})
    assert came[1]["results"][1] == shown[1]["results"][1]
    assert came[2]["states"] == {"pending": 1}
    assert "1 subscriber will hear of it" in by_command


def test_the_members_of_an_event_are_those_of_the_schema() -> None:
    assert first_column("member") == set(PlainEventSerializer().fields)
    assert first_column("in `data`") == set(DataSerializer().fields)


def test_every_status_of_the_schema_is_in_the_table() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    described = {int(status) for status in schema["paths"]["/publish"]["post"]["responses"]}
    assert 413 in described
    assert statuses() | {202} >= described


def members(value: Any) -> Any:
    """The names of all members, without what they hold."""
    if isinstance(value, list):
        return [members(each) for each in value]
    if isinstance(value, dict):
        return {name: None if name == COUNTS else members(each) for name, each in value.items()}
    return None


def table(head: str) -> str:
    return TEXT.split(f"\n| {head} |")[1].split("\n\n")[0]


def first_column(head: str) -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", table(head), re.M))


def statuses() -> set[int]:
    firsts = re.findall(r"^\| ([\d, ]+) \|", table("status"), re.M)
    return {int(status) for cell in firsts for status in cell.split(", ")}
