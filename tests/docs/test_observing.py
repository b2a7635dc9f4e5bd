"""docs/observing.md lists metrics and fields of the log as the hub has them; its lines about traces bring spans."""

import json
import logging
import re

import pytest
import yaml
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from dispatch.about import FIELDS
from dispatch.failing import pause_failing
from dispatch.metrics import exposition
from switchsite.logs import JsonFormatter
from tests.deploy.files import PROMETHEUS
from tests.dispatch.test_failing import make_failing
from tests.docs.commands import blocks, page, running
from tests.flows.collector import Collector
from tests.flows.receiver import Receiver
from tests.servers.hub import HubServer

FIELD = re.compile(r"^\| (`.*`) \| .* \|$", re.M)
ROW = re.compile(r"^\| `(switch_\w+)(?:\{(\w+)\})?` \| (\w+) \| (.*) \|$", re.M)
HEAD = re.compile(r"^# HELP (?P<name>\S+) (?P<meaning>.*)\n# TYPE (?P=name) (?P<kind>\S+)$", re.M)


@pytest.mark.django_db
def test_the_table_of_metrics_says_what_the_hub_says() -> None:
    text = exposition().decode()
    labels = labels_in(text)
    told = [(name, labels.get(name, ""), kind, meaning) for name, meaning, kind in HEAD.findall(text)]
    assert told
    assert ROW.findall(page("observing.md")) == told


def test_the_page_scrapes_as_the_sample_does() -> None:
    (shown,) = map(yaml.safe_load, blocks(page("observing.md"), "yaml"))
    (job,) = shown["scrape_configs"]
    (sample,) = yaml.safe_load(PROMETHEUS.read_text())["scrape_configs"]
    assert job.items() <= sample.items()


@pytest.mark.django_db
def test_a_line_of_the_log_looks_as_the_sample_does(caplog: pytest.LogCaptureFixture) -> None:
    [sample] = [json.loads(each) for each in blocks(page("observing.md"), "json")]
    subscriber = make_failing(6)
    assert pause_failing(timezone.now()) == 1
    [record] = caplog.records
    line = json.loads(JsonFormatter().format(record))
    assert list(line) == list(sample), "the fields, in their order"
    assert [type(value) for value in line.values()] == [type(value) for value in sample.values()]
    assert [line[name] for name in ("level", "logger")] == [sample[name] for name in ("level", "logger")]
    shown = sample["message"].replace(str(sample["subscriber_id"]), str(subscriber.pk)).removesuffix("…")
    assert line["message"].startswith(shown)
    assert [re.sub(r"\d", "0", each["time"]) for each in (line, sample)] == ["0000-00-00T00:00:00.000+00:00"] * 2


def test_the_table_of_the_fields_of_the_log_has_all_of_them() -> None:
    more = {"exc_info": (ValueError, ValueError(), None), "stack_info": "at x", **dict.fromkeys(FIELDS, "x")}
    record = logging.makeLogRecord(more)
    logged = page("observing.md").partition("## Logs")[2].partition("## Traces")[0]
    told = re.findall(r"`(\w+)`", "".join(FIELD.findall(logged)))
    assert sorted(told) == sorted(json.loads(JsonFormatter().format(record)))


def labels_in(text: str) -> dict[str, str]:
    """The label of each metric that has one."""
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {sample.name: label for sample in samples for label in sample.labels if label != "le"}


@pytest.mark.timeout(180)
def test_a_hub_with_the_packages_and_a_collector_sends_spans() -> None:
    [with_traces] = blocks(page("observing.md"))
    consume = f"{with_traces}.venv/bin/python manage.py run_consumer --processes 1"
    #: The packages are there, as those of the tests are: pip that may not ask an index fails if they are not.
    env = {"PIP_NO_INDEX": "1", "OTEL_BSP_SCHEDULE_DELAY": "100"}
    with Collector() as collector, Receiver() as receiver, HubServer() as hub:
        hub.manage("subscribe", "traced", receiver.url)
        hub.manage("publish", "traced", "{}")
        with running(hub, consume, {"http://collector:4318": collector.url}, **env):
            (span,) = collector.wait_for(1)
    assert span.name == "deliver traced"
