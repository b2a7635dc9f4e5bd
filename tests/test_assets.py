"""The committed bundles are what `make assets` makes of the pinned packages, each with the licences of its parts."""

import filecmp
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.servers.fixtures import missing

PROJECT = Path(__file__).resolve().parent.parent
BUNDLES = PROJECT / "switchsite" / "static" / "switch" / "bundles"


@pytest.mark.node
def test_bundles_are_what_the_build_makes(tmp_path: Path) -> None:
    node = shutil.which("node")
    if not node or not (PROJECT / "assets" / "node_modules").is_dir():
        missing("node, or the packages of the bundles (make assets)")
    subprocess.run([str(node), str(PROJECT / "assets" / "build.mjs"), str(tmp_path)], check=True, timeout=60)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == sorted(path.name for path in BUNDLES.iterdir())
    assert filecmp.cmpfiles(tmp_path, BUNDLES, names, shallow=False) == (names, [], [])


@pytest.mark.parametrize("path", sorted(BUNDLES.glob("*.js")), ids=lambda path: path.name)
def test_bundle_has_its_licences_beside_it_and_needs_no_eval(path: Path) -> None:
    licences = path.with_name(f"{path.stem}.licenses.txt").read_text(encoding="utf-8")
    assert "Permission is hereby granted" in licences or "Redistribution and use" in licences
    text = path.read_text(encoding="utf-8")
    assert "new Function(" not in text
