"""What `run_consumer` says to bad arguments."""

import pytest
from django.core.management import CommandError, call_command


@pytest.mark.parametrize("option", ["--processes", "--concurrency"])
@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5"])
def test_a_number_that_makes_no_sense_is_refused(option: str, value: str) -> None:
    with pytest.raises(CommandError, match=f"argument {option}: '{value}' is not a whole number above 0"):
        call_command("run_consumer", f"{option}={value}")
