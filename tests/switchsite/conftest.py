"""What the tests of the wiring share."""

from tests.dispatch.conftest import quiet_log

__all__ = ["quiet_log"]
