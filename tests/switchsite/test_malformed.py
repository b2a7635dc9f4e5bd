"""Every malformed setting is told in a sentence by the checks that each start runs, and never as a trace."""

import pytest

from tests.servers.hub import HubServer


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SWITCH_DELIVERY_DENY", "garbage", "SWITCH_DELIVERY_DENY must be CIDR ranges"),
        ("SWITCH_DELIVERY_ALLOW", "1.2.3", "SWITCH_DELIVERY_ALLOW must be CIDR ranges"),
        ("SWITCH_CA_FILE", "/nonexistent", "SWITCH_CA_FILE must be a file that is there"),
        ("SWITCH_LOG_LEVEL", "LOUD", "SWITCH_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR"),
        ("SWITCH_SERVER_PORT", "99999", "SWITCH_SERVER_PORT must be a port"),
        ("DATABASE_URL", "postgres://u:p@h:xx/db", "DATABASE_URL cannot be read"),
        ("FAKTORY_URL", "localhost", "FAKTORY_URL"),
    ],
)
def test_consumer_refuses_to_start_and_says_why(name: str, value: str, sentence: str) -> None:
    done = HubServer({name: value}).manage("run_consumer", check=False)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
