"""The short form of the scan: few examples, none of them random, so that a run tells the same tomorrow."""

from collections.abc import Iterator

import pytest

from tests.scanning.scan import Scan, scanned_hub

FEW = ("--max-examples", "1", "--phases", "coverage,fuzzing", "--seed", "7")


@pytest.fixture(scope="module")
def scan() -> Iterator[Scan]:
    with scanned_hub() as scan:
        yield scan


@pytest.mark.timeout(300)
@pytest.mark.parametrize("half", ["publishers", "operators"])
def test_no_answer_is_a_5xx_or_unknown_to_the_schema(scan: Scan, half: str) -> None:
    run = getattr(scan, half)(*FEW)
    assert run.status == 0, run.output
    assert run.requests > 100, run.output
    assert "Traceback" not in scan.hub.log.read_text()
