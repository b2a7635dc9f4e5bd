"""A process that dies is started again; one that was told to end is not."""

import sys
from pathlib import Path

import pytest

from dispatch.consumer import supervision
from dispatch.consumer.supervision import Supervisor


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "SHORT_LIFE_SECONDS", 0.0)
    monkeypatch.setattr(supervision, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr("signal.signal", lambda number, handler: None)


def test_processes_that_end_in_good_order_end_the_supervisor() -> None:
    supervisor = Supervisor([sys.executable, "-c", ""], processes=2)
    supervisor.run()
    assert supervisor.processes == 0


def test_a_process_that_dies_is_started_again(tmp_path: Path) -> None:
    """Each leaves a mark; the third one ends in good order."""
    dies_twice = (
        "import pathlib, sys, uuid; here = pathlib.Path(sys.argv[1]); "
        "count = len(list(here.iterdir())); (here / uuid.uuid4().hex).touch(); sys.exit(count < 2)"
    )
    Supervisor([sys.executable, "-c", dies_twice, str(tmp_path)], processes=1).run()
    assert len(list(tmp_path.iterdir())) == 3
