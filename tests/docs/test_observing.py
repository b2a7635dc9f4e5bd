"""docs/observing.md lists every metric as /metrics has it, and its lines about traces bring spans."""

import re

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from dispatch.metrics import exposition
from tests.deploy.files import PROMETHEUS
from tests.docs.commands import blocks, page, running
from tests.flows.collector import Collector
from tests.flows.receiver import Receiver
from tests.servers.hub import HubServer

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
