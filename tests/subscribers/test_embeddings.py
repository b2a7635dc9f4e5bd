from ipaddress import ip_address

import pytest

from subscribers.embeddings import unwrapped


@pytest.mark.parametrize(
    ("outer", "within"),
    [
        pytest.param("10.0.0.1", [], id="IPv4"),
        pytest.param("2606:4700::1111", [], id="plain IPv6"),
        pytest.param("::", [], id="unspecified"),
        pytest.param("::1", [], id="loopback"),
        pytest.param("::2", ["0.0.0.2"], id="beside loopback"),
        pytest.param("::10.0.0.1", ["10.0.0.1"], id="compatible"),
        pytest.param("::ffff:10.0.0.1", ["10.0.0.1"], id="mapped"),
        pytest.param("::ffff:0:10.0.0.1", ["10.0.0.1"], id="translated"),
        pytest.param("64:ff9b::10.0.0.1", ["10.0.0.1"], id="NAT64"),
        pytest.param("64:ff9b:0:1::10.0.0.1", [], id="no NAT64 beyond its 96 bits"),
        pytest.param("2002:a00:1::", ["10.0.0.1"], id="6to4"),
        pytest.param("2001:0:a00:1::f5ff:fffe", ["10.0.0.1", "10.0.0.1"], id="Teredo: server and client"),
        pytest.param("2606:4700::5efe:a00:1", ["10.0.0.1"], id="ISATAP"),
        pytest.param("2606:4700::200:5efe:a00:1", ["10.0.0.1"], id="ISATAP of a global address"),
        pytest.param("2606:4700::100:5efe:a00:1", ["10.0.0.1"], id="ISATAP of a group"),
        pytest.param("2606:4700::300:5efe:a00:1", ["10.0.0.1"], id="ISATAP of a global group"),
        pytest.param("2606:4700::400:5efe:a00:1", [], id="no ISATAP with any other bit"),
        # RFC 6052, section 2.4, with the prefixes of RFC 8215's network. The length of the prefix is not
        # known, so other readings of the same bits count as well.
        pytest.param("64:ff9b:1:c000:2:2100::", ["192.0.2.33", "2.33.0.0"], id="local NAT64 of 48 bits"),
        pytest.param("64:ff9b:1:c0:0:221::", ["192.0.2.33"], id="local NAT64 of 56 bits"),
        pytest.param("64:ff9b:1:0:c0:2:2100::", ["192.0.2.33", "33.0.0.0"], id="local NAT64 of 64 bits"),
        pytest.param("64:ff9b:1:c000:2:2100:0:1", ["192.0.2.33", "2.33.0.0"], id="local NAT64 with bits behind it"),
        pytest.param("64:ff9b:1::192.0.2.33", ["192.0.2.33"], id="local NAT64 of 96 bits"),
    ],
)
def test_addresses_within(outer: str, within: list[str]) -> None:
    assert [str(address) for address in unwrapped(ip_address(outer))] == [str(ip_address(outer)), *within]
