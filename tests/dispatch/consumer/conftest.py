"""A feeder without its thread."""

import pytest

from dispatch.consumer import feeding
from dispatch.consumer.feeding import Feeder
from dispatch.consumer.flow import Flow
from dispatch.consumer.patience import Patience
from dispatch.consumer.windows import Windows
from dispatch.identifiers import new_id
from tests.dispatch.consumer.broker import Broker


@pytest.fixture
def feeder(monkeypatch: pytest.MonkeyPatch) -> Feeder:
    made = Feeder(new_id(), Flow(100), Windows(100).allowance, lambda: None)
    made.queue = Broker()
    # The test's transaction would be lost with the connection, and its time with the waiting.
    monkeypatch.setattr(feeding.connection, "close", lambda: None)
    monkeypatch.setattr(Patience, "failed", lambda self, error: None)
    return made
