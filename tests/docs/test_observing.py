"""docs/observing.md lists every metric as /metrics has it."""

import re

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from dispatch.metrics import exposition
from tests.deploy.files import PROMETHEUS
from tests.docs.commands import blocks, page

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
