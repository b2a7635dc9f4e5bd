"""docs/observing.md lists every metric as /metrics has it."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dispatch.metrics import COUNTERS, exposition
from tests.docs.commands import page

ROW = re.compile(r"^\| `(switch_\w+)(?:\{(\w+)\})?` \| (\w+) \| (.*) \|$", re.M)
HEAD = re.compile(r"^# HELP (?P<name>\S+) (?P<meaning>.*)\n# TYPE (?P=name) (?P<kind>\S+)$", re.M)


@pytest.mark.django_db
def test_the_table_of_metrics_says_what_the_hub_says() -> None:
    text = exposition().decode()
    labels = labels_in(text)
    told = [(name, labels.get(name, ""), kind, meaning) for name, meaning, kind in HEAD.findall(text)]
    assert told
    assert ROW.findall(page("observing.md")) == told


def labels_in(text: str) -> dict[str, str]:
    """The label of each metric that has one. A counter without a count yet shows none, so theirs are the code's."""
    counters = {f"{each.metric}_total": each.label for each in COUNTERS}
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return counters | {sample.name: label for sample in samples for label in sample.labels if label != "le"}
