"""Which ports are called, and which are not until a setting allows them."""

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from subscribers.ports import BAD_PORTS, SERVICES, PortPolicy, read_ports
from subscribers.validators import validate_target_url

CALLED = (80, 443, 3000, 5000, 7000, 8000, 8080, 8443, 8888, 9000, 9999, 49152, 65535)


@pytest.mark.parametrize("port", CALLED)
def test_port_of_a_web_service_is_called(port: int) -> None:
    assert PortPolicy().refusal(port) is None


@pytest.mark.parametrize("port", sorted(BAD_PORTS | SERVICES.keys()))
def test_port_of_another_service_is_called_only_if_it_is_allowed(port: int) -> None:
    refusal = PortPolicy([range(80, 81)]).refusal(port)
    assert refusal is not None
    assert f"SWITCH_DELIVERY_PORTS={port} would allow it" in refusal
    assert PortPolicy([range(port, port + 1)]).refusal(port) is None
    assert PortPolicy(read_ports(["all"])).refusal(port) is None


def test_refusal_names_what_the_port_is_for() -> None:
    assert "Port 6379 is one of Redis;" in str(PortPolicy().refusal(6379))
    assert "Port 25 is one that no web service has;" in str(PortPolicy().refusal(25))


@pytest.mark.parametrize(
    ("words", "ranges"),
    [
        ([], []),
        (["6379"], [range(6379, 6380)]),
        (["1-1023", "9200"], [range(1, 1024), range(9200, 9201)]),
        (["all"], [range(65536)]),
    ],
)
def test_ports_are_read_as_ranges(words: list[str], ranges: list[range]) -> None:
    assert read_ports(words) == ranges


@pytest.mark.parametrize("word", ["", "http", "-1", "1-", "-", "2-1", "0", "65536", "1-70000", "1.5", "1-2-3", "ALL"])
def test_what_is_no_port_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        read_ports([word])


@pytest.mark.parametrize("url", ["http://billing:6379/", "https://billing:25/", "http://[::1]:5432/", "http://b:11/"])
def test_url_with_such_a_port_is_refused_when_it_is_written(url: str, settings: Settings) -> None:
    with pytest.raises(ValidationError) as caught:
        validate_target_url(url)
    assert caught.value.code == "target_port_refused"
    assert "SWITCH_DELIVERY_PORTS" in caught.value.message
    settings.SWITCH_DELIVERY_PORTS = read_ports(["all"])
    validate_target_url(url)
