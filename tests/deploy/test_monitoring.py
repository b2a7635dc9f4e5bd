"""The alert rules and the dashboard speak of metrics that are there; the rules do as their own tests say."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from dispatch.metrics import exposition
from tests.deploy.files import PROMETHEUS, ROOT
from tests.servers.fixtures import missing

ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yaml"
DASHBOARD = ROOT / "deploy" / "grafana" / "switch.json"
NAME = re.compile(r"\bswitch_[a-z_]+\b")


@pytest.fixture
def metrics(db: None) -> set[str]:
    """The names of all metrics, with the endings that their kinds bring."""
    kinds = re.findall(r"^# TYPE (\S+) (\S+)$", exposition().decode(), re.M)
    endings = {"histogram": ("_bucket", "_sum", "_count")}
    return {name + ending for name, kind in kinds for ending in endings.get(kind, ("",))}


def test_the_rules_do_what_their_tests_say() -> None:
    if not shutil.which("promtool"):
        missing("promtool is not installed")
    done = subprocess.run(
        ["promtool", "test", "rules", "alerts.test.yaml"], cwd=ALERTS.parent, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_takes_the_sample_configuration(tmp_path: Path) -> None:
    if not shutil.which("promtool"):
        missing("promtool is not installed")
    for path in (PROMETHEUS, ALERTS):
        shutil.copy(path, tmp_path)
    check = ["promtool", "check", "config", PROMETHEUS.name]
    without = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True)
    assert "switch-metrics-token" in without.stderr, "it must read the token that the comment has written"
    (tmp_path / "switch-metrics-token").write_text("a token")
    done = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_values_that_rules_ask_for_have_a_line_before_anything_happened(db: None) -> None:
    """To Prometheus a line that begins with the first burst is no increase."""
    begun = set(re.findall(r'^(switch_\w+_total)\{(\w+)="(\w+)"\} 0\.0$', exposition().decode(), re.M))
    rules = [rule["expr"] for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    asked = {
        (name, label, value)
        for name, label, values in re.findall(r'(switch_\w+_total)\{(\w+)=~?"([\w|]+)"\}', " ".join(rules))
        for value in values.split("|")
    }
    assert len(asked) > 3
    assert asked <= begun


def test_every_rule_has_a_test() -> None:
    rules = [rule["alert"] for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    tests = yaml.safe_load(ALERTS.with_name("alerts.test.yaml").read_text())["tests"]
    raised = {rule["alertname"] for test in tests for rule in test["alert_rule_test"] if rule.get("exp_alerts")}
    assert raised == set(rules)


def test_rules_speak_of_metrics_that_are_there(metrics: set[str]) -> None:
    expressions = [rule["expr"] for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    assert set(NAME.findall(" ".join(expressions))) <= metrics


def test_the_dashboard_speaks_of_metrics_that_are_there(metrics: set[str]) -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]
    assert set(NAME.findall(" ".join(expressions))) <= metrics


def test_the_operating_page_says_what_to_do_for_each_alert() -> None:
    rules = [rule["alert"] for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    page = (ROOT / "docs" / "operating.md").read_text()
    assert [heading for heading in re.findall(r"^### (\w+)$", page, re.M) if heading.startswith("Switch")] == rules
