"""What the tests of the bench share."""

import shutil

import pytest

from tests.servers.fixtures import missing


@pytest.fixture
def _go() -> None:
    if shutil.which("go") is None:
        missing("Go, which builds the bench's load and receiver, is not installed")
