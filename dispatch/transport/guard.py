"""Which addresses may be called. Pure policy, asked after resolving and again when a socket opens."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address

#: Refused whatever the settings say: nothing that wants events lives there, and much that leaks secrets does.
ALWAYS_REFUSED = {
    "the metadata service of a cloud": ("169.254.169.254/32", "fd00:ec2::254/128", "100.100.100.200/32"),
    "a link-local address": ("169.254.0.0/16", "fe80::/10"),
    "an unspecified address": ("0.0.0.0/8", "::/128"),
    "a multicast address": ("224.0.0.0/4", "ff00::/8"),
    "a reserved address": ("240.0.0.0/4",),
}
LOCAL = {
    "a loopback address": ("127.0.0.0/8", "::1/128"),
    "a private address": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fec0::/10"),
    "an address for benchmarks or documentation": (
        *("192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"),
    ),
}
#: RFC 6052 and RFC 8215: the IPv4 address stands in the last 32 bits.
NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
COMPATIBLE = ip_network("::/96")  # RFC 4291, section 2.5.5.1


class AddressGuard:
    """`allows_private` says whether loopback and private addresses may be called; `allow` and `deny` are CIDR ranges.

    `deny` wins over `allow`, which cannot allow what is always refused.
    """

    def __init__(self, *, allows_private: bool = True, allow: Sequence[str] = (), deny: Sequence[str] = ()) -> None:
        self._never = _parsed(ALWAYS_REFUSED)
        self._local = {} if allows_private else _parsed(LOCAL)
        self._allow = [ip_network(text, strict=False) for text in allow]
        self._deny = [ip_network(text, strict=False) for text in deny]
        self._known: dict[str, str | None] = {}

    def check(self, address: str) -> str | None:
        """Why `address` (an IP literal) may not be called, or None if it may."""
        if address not in self._known:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[address] = self._check(address)
        return self._known[address]

    def _check(self, text: str) -> str | None:
        if "%" in text:
            return f"{text} has a zone, which only link-local addresses have"
        try:
            outer = ip_address(text)
        except ValueError:
            return f"{text} is not an address"
        return next((reason for address in embedded(outer) if (reason := self._judge(address))), None)

    def _judge(self, address: Address) -> str | None:
        if reason := _found(address, self._never):
            return f"{address} is {reason}, which is never called"
        if any(address in network for network in self._deny):
            return f"{address} is in a range of SWITCH_DELIVERY_DENY"
        if any(address in network for network in self._allow):
            return None
        if reason := _found(address, self._local):
            return f"{address} is {reason}, which SWITCH_DELIVERY_NETWORKS refuses"
        return None


def embedded(address: Address) -> list[Address]:
    """The address, and the IPv4 addresses that it carries or leads to."""
    if isinstance(address, IPv4Address):
        return [address]
    found: list[Address | None] = [address, address.ipv4_mapped, address.sixtofour]
    if address.teredo:
        found += address.teredo
    last_bits = IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address in network for network in NAT64) or (address in COMPATIBLE and int(address) > 1):
        found.append(last_bits)
    if address.ipv4_mapped:
        found.remove(address)  # it is nothing but the IPv4 address
    return [each for each in found if each is not None]


def _parsed(named: dict[str, tuple[str, ...]]) -> dict[str, list]:  # type: ignore[type-arg] # networks of both versions
    return {reason: [ip_network(text) for text in texts] for reason, texts in named.items()}


def _found(address: Address, named: dict[str, list]) -> str | None:  # type: ignore[type-arg] # networks of both versions
    return next((reason for reason, networks in named.items() if any(address in each for each in networks)), None)
