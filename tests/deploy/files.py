"""The files that deploy a hub, as data."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from dockerfile_parse import DockerfileParser

ROOT = Path(__file__).resolve().parents[2]
SYSTEMD = ROOT / "deploy" / "systemd"
PROMETHEUS = ROOT / "deploy" / "prometheus" / "prometheus.yaml"
KUBERNETES = ROOT / "deploy" / "kubernetes"


@cache
def compose() -> Any:
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


@cache
def manifests() -> list[Any]:
    return [each for path in sorted(KUBERNETES.iterdir()) for each in yaml.safe_load_all(path.read_text())]


def pods() -> dict[str, Any]:
    """The specifications of pods, by the part of Switch that they run."""
    kinds = [each for each in manifests() if each["kind"] in ("Deployment", "Job")]
    return {each["metadata"]["labels"]["part"]: each["spec"]["template"]["spec"] for each in kinds}


def manifest(kind: str, name: str) -> Any:
    return next(each for each in manifests() if (each["kind"], each["metadata"].get("name")) == (kind, name))


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's, as pairs of name and value."""
    with (ROOT / "Dockerfile").open("rb") as file:
        return [(each["instruction"], each["value"]) for each in DockerfileParser(fileobj=file).structure]
