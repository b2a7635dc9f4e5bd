"""The OpenAPI schema and its page."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.contrib.staticfiles import finders
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from dispatch.api.urls import router
from tests.dispatch.admin.rows import make_attempt
from tests.dispatch.api.caller import machine
from tests.dispatch.client import Answer
from tests.dispatch.ledger.rows import make_delivery

PUBLISHERS = {"/publish", "/events/{event_id}", "/refresh", "/healthz", "/readyz", "/metrics"}


@pytest.fixture(scope="module")
def schema() -> Any:
    GENERATOR_STATS.reset()
    made = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    assert not GENERATOR_STATS, "the generation has warned"
    return made


def operations(schema: Any) -> dict[str, Any]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }


def test_the_schema_is_made_without_warnings_and_valid(schema: Any) -> None:
    assert schema["openapi"].startswith("3.1.")
    validate_schema(schema)


#: Schema Object keywords of OpenAPI 3.0 that JSON Schema 2020-12 does not know, or knows as numbers alone.
OLD_KEYWORDS = {"nullable", "example"}
BOUNDS = {"exclusiveMinimum", "exclusiveMaximum"}


def old_keywords(node: Any, path: str = "") -> Iterator[str]:
    """Where a schema has one; the names of properties are free."""
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in entries:
        if not path.endswith("/properties") and (name in OLD_KEYWORDS or (name in BOUNDS and value in (True, False))):
            yield f"{path}/{name}"
        yield from old_keywords(value, f"{path}/{name}")


def test_no_word_of_an_older_openapi_is_left(schema: Any) -> None:
    assert list(old_keywords(schema)) == []


@pytest.mark.django_db
@pytest.mark.usefixtures("quiet_log")
@pytest.mark.parametrize("limit", [1, 2])
@pytest.mark.parametrize("name", ["subscribers", "events", "deliveries", "attempts", "replays"])
def test_a_page_is_what_the_schema_says(schema: Any, name: str, limit: int) -> None:
    """The last page as the first one."""
    api = machine()
    for key in ("first", "second"):
        make_attempt(make_delivery())
        assert api.post("replays", {"topic": "orders", "state": "dead"}, Idempotency_Key=key).status == 201
    content = schema["paths"][f"/api/v1/{name}"]["get"]["responses"]["200"]["content"]["application/json"]
    validator = Draft202012Validator({**content["schema"], "components": schema["components"]})
    page = api.get(f"{name}?limit={limit}").json
    assert (page["next"] is None) is (limit == 2)
    assert len(page["results"]) == limit
    validator.validate(page)


def test_every_address_is_in_the_schema(schema: Any) -> None:
    assert schema["paths"].keys() >= PUBLISHERS | {"/api/v1/token", "/api/v1/token/refresh"}
    assert len(schema["paths"]) == len(PUBLISHERS) + 2 + len(router.urls) - _addresses_with_several_methods()


def _addresses_with_several_methods() -> int:
    patterns = [str(each.pattern) for each in router.urls]
    return len(patterns) - len(set(patterns))


def test_every_operation_has_a_summary_and_an_answer_for_success(schema: Any) -> None:
    for name, operation in operations(schema).items():
        assert operation.get("summary"), name
        assert any(status.startswith("2") for status in operation["responses"]), name


def test_every_problem_is_described_as_one(schema: Any) -> None:
    for name, operation in operations(schema).items():
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], name
            assert ("Retry-After" in answer.get("headers", {})) is (status in ("429", "503")), name
        if "/api/v1/" in name:
            assert operation["responses"].keys() >= {"400", "401", "403", "429", "503"}, name


def test_every_body_of_the_management_api_is_closed(schema: Any) -> None:
    for name, operation in operations(schema).items():
        if "/api/v1/" in name and (body := operation.get("requestBody")):
            reference = body["content"]["application/json"]["schema"]["$ref"]
            component = schema["components"]["schemas"][reference.rpartition("/")[2]]
            assert component["additionalProperties"] is False, name


def test_every_form_of_a_publish_is_in_the_schema(schema: Any) -> None:
    content = schema["paths"]["/publish"]["post"]["requestBody"]["content"]
    event = content["application/cloudevents+json"]["schema"]
    assert event == content["application/cloudevents-batch+json"]["schema"]["items"]
    assert event["$ref"].endswith("/CloudEventRequest")
    body, components = content["application/json"]["schema"], schema["components"]["schemas"]
    one_of = components[body["$ref"].rpartition("/")[2]]["oneOf"]
    assert sorted(re.findall(r"(Plain|Original|array)", str(one_of))) == ["Original", "Plain", "array"]


def test_the_schema_is_served_to_everybody() -> None:
    answer = Client().get("/api/schema/")
    assert answer.status_code == 200
    assert yaml.safe_load(answer.content)["paths"].keys() >= PUBLISHERS


@pytest.mark.parametrize(
    ("query", "accept", "is_json"),
    [
        ("?format=json", "", True),
        ("?format=json", "*/*", True),
        ("?format=yaml", "application/json", False),
        ("", "application/json", True),
        ("", "application/vnd.oai.openapi+json", True),
        ("", "text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("", "", False),
    ],
)
def test_the_schema_is_yaml_or_json_as_it_is_asked_for(query: str, accept: str, is_json: bool) -> None:
    answer = Client().get(f"/api/schema/{query}", headers={"Accept": accept} if accept else {})
    assert ("json" in answer.headers["Content-Type"]) is is_json
    read = json.loads if is_json else yaml.safe_load
    assert read(answer.content)["paths"].keys() >= PUBLISHERS
    assert (answer.content[:1] == b"{") is is_json


@pytest.mark.parametrize(("query", "accept", "status"), [("?format=xml", "*/*", 404), ("", "image/png", 406)])
@pytest.mark.usefixtures("quiet_log")
def test_a_format_that_there_is_none_of_is_a_problem(query: str, accept: str, status: int) -> None:
    answer = Answer(Client().get(f"/api/schema/{query}", headers={"Accept": accept}))
    assert answer.status == status
    assert answer.detail


def test_the_page_needs_no_foreign_host() -> None:
    page = Client().get("/api/docs/").content.decode()
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    # The page's own script is an address of its own, as the admin's policy allows none within a page.
    own = sources.pop(sources.index("/api/docs/?script="))
    assert "/api/schema/" in Client().get(own).content.decode()
    assert len(sources) >= 3
    assert [source for source in sources if not source.startswith("/static/")] == []
    assert [source for source in sources if finders.find(source.removeprefix("/static/")) is None] == []
