"""IANA's registries of special-purpose addresses, as a table, against the guard where only public networks are called.

https://www.iana.org/assignments/iana-ipv4-special-registry and https://www.iana.org/assignments/iana-ipv6-special-registry
"""

from ipaddress import ip_network

import pytest

from subscribers.guard import AddressGuard

NOT_GLOBALLY_REACHABLE = [
    "0.0.0.0/8",  # this network
    "0.0.0.0/32",  # this host
    "10.0.0.0/8",  # private use
    "100.64.0.0/10",  # shared address space
    "127.0.0.0/8",  # loopback
    "169.254.0.0/16",  # link-local
    "172.16.0.0/12",  # private use
    "192.0.0.0/24",  # IETF protocol assignments
    "192.0.0.0/29",  # IPv4 service continuity
    "192.0.0.8/32",  # dummy address
    "192.0.0.170/32",  # NAT64 and DNS64 discovery
    "192.0.0.171/32",
    "192.0.2.0/24",  # documentation
    "192.88.99.2/32",  # 6a44 relay
    "192.168.0.0/16",  # private use
    "198.18.0.0/15",  # benchmarking
    "198.51.100.0/24",  # documentation
    "203.0.113.0/24",
    "240.0.0.0/4",  # reserved
    "255.255.255.255/32",  # limited broadcast
    "::1/128",  # loopback
    "::/128",  # unspecified
    "100::/64",  # discard only
    "100:0:0:1::/64",  # dummy prefix
    "2001::/23",  # IETF protocol assignments
    "2001:2::/48",  # benchmarking
    "2001:db8::/32",  # documentation
    "3fff::/20",
    "5f00::/16",  # segment routing identifiers
    "fc00::/7",  # unique local
    "fe80::/10",  # link-local
]
#: The registries call them reachable, or make no statement. Protocols use them, no subscriber lives there.
REFUSED_ALL_THE_SAME = [
    "192.0.0.9/32",  # port control protocol, anycast
    "192.0.0.10/32",  # TURN, anycast
    "192.88.99.0/24",  # 6to4 relays, deprecated
    "2001::/32",  # Teredo
    "2001:1::1/128",  # port control protocol, anycast
    "2001:1::2/128",  # TURN, anycast
    "2001:1::3/128",  # DNS-SD service registration, anycast
    "2001:3::/32",  # AMT
    "2001:4:112::/48",  # AS112
    "2001:10::/28",  # ORCHID, deprecated
    "2001:20::/28",  # ORCHID, version 2
    "2001:30::/28",  # drone identifiers
]
GLOBALLY_REACHABLE = [
    "192.31.196.0/24",  # AS112
    "192.52.193.0/24",  # AMT
    "192.175.48.0/24",  # AS112
    "2620:4f:8000::/48",  # AS112
]
#: Prefixes before an IPv4 address, which decides. A network with DNS64 reaches the public IPv4 hosts by the last two.
TELLING_BY_THE_IPV4_ADDRESS = ["::ffff:{}", "2002:{:x}:{:x}::", "64:ff9b::{}", "64:ff9b:1::{}"]


def ends(network: str) -> list[str]:
    """The first address, the last one and one between."""
    found = ip_network(network)
    return [str(found[place]) for place in sorted({0, found.num_addresses // 2, found.num_addresses - 1})]


@pytest.mark.parametrize("network", [*NOT_GLOBALLY_REACHABLE, *REFUSED_ALL_THE_SAME])
def test_special_address_is_not_called(network: str) -> None:
    guard = AddressGuard(allows_private=False)
    assert [address for address in ends(network) if guard.check(address) is None] == []


@pytest.mark.parametrize("network", GLOBALLY_REACHABLE)
def test_special_address_that_is_globally_reachable_is_called(network: str) -> None:
    guard = AddressGuard(allows_private=False)
    assert [address for address in ends(network) if guard.check(address)] == []


@pytest.mark.parametrize("form", TELLING_BY_THE_IPV4_ADDRESS)
@pytest.mark.parametrize(("inner", "is_called"), [("1.1.1.1", True), ("10.1.1.1", False), ("192.0.0.9", False)])
def test_address_before_an_ipv4_address_is_judged_by_that(form: str, inner: str, is_called: bool) -> None:
    first, second, third, fourth = map(int, inner.split("."))
    parts = (first << 8 | second, third << 8 | fourth) if ":x" in form else (inner,)
    assert (AddressGuard(allows_private=False).check(form.format(*parts)) is None) == is_called
