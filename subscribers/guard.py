"""Which addresses may be called. Pure policy, asked of what is written, after resolving, and when a socket opens."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from subscribers.embeddings import Address, unwrapped

Network = IPv4Network | IPv6Network
Named = list[tuple[str, tuple[Network, ...]]]


def _networks(texts: Iterable[str]) -> tuple[Network, ...]:
    return tuple(ip_network(text, strict=False) for text in texts)


#: Refused whatever the settings say: nothing that wants events lives there, and much that leaks secrets does.
ALWAYS_REFUSED: Named = [
    (
        "a cloud's metadata service",
        _networks(
            (
                "169.254.169.254",
                *("fd00:ec2::/32", "169.254.170.2"),  # Amazon
                *("fd20:ce::254", "168.63.129.16"),  # Google, Azure
                *("100.100.100.200", "192.0.0.192"),  # Alibaba, Oracle
            )
        ),
    ),
    ("a link-local address", _networks(("169.254.0.0/16", "fe80::/10"))),
    ("an unspecified address", _networks(("0.0.0.0/8", "::"))),
    ("a multicast address", _networks(("224.0.0.0/4", "ff00::/8"))),
    ("the broadcast address", _networks(("255.255.255.255",))),
    ("a reserved address", _networks(("240.0.0.0/4",))),
]
LOCAL: Named = [
    ("a loopback address", _networks(("127.0.0.0/8", "::1"))),
    (
        "a private address",
        _networks(("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fec0::/10")),
    ),
    ("an address of relays for 6to4", _networks(("192.88.99.0/24",))),  # RFC 7526: leads wherever the network says
    (
        "an address for tests or documentation",
        _networks(
            (
                *("192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
                *("100::/64", "2001:2::/48", "2001:db8::/32", "3fff::/20"),
            )
        ),
    ),
    # Teredo is among them, as well as anycast for NAT traversal and ORCHID, which is no address at all.
    ("an address for protocols", _networks(("192.0.0.0/24", "2001::/23"))),
    # All but 2000::/3 (RFC 4291, section 2.4) and ::/8, where IPv4 addresses are embedded. Some overlays use them.
    (
        "an address of no public network",
        _networks(("100::/8", "200::/7", "400::/6", "800::/5", "1000::/4", "4000::/2", "8000::/1")),
    ),
]
MAX_REMEMBERED = 10_000


class AddressGuard:
    """`allows_private`: whether loopback and private addresses may be called; `allow`, `deny`: CIDR ranges.

    `deny` wins over `allow`, which cannot allow what is always refused. Raises ValueError for what is no range.
    """

    def __init__(self, *, allows_private: bool = True, allow: Sequence[str] = (), deny: Sequence[str] = ()) -> None:
        self._local = [] if allows_private else LOCAL
        self._allow = _networks(allow)
        self._deny = _networks(deny)
        self._judged: dict[str, str | None] = {}

    def check(self, address: str) -> str | None:
        """Why `address` (an IP literal) may not be called, or None if it may. Quick for what was asked before."""
        try:
            return self._judged[address]
        except KeyError:
            pass
        if len(self._judged) >= MAX_REMEMBERED:
            self._judged.clear()
        reason = self._judged[address] = self._judge(address)
        return reason

    def _judge(self, text: str) -> str | None:
        if "%" in text:
            return f"{text} has a zone, as link-local addresses have"
        try:
            outer = ip_address(text)
        except ValueError:
            return f"{text} is no IP address"
        for address in unwrapped(outer):
            if reason := self._reason(address):
                return reason if address == outer else f"{outer} leads to {reason}"
        return None

    def _reason(self, address: Address) -> str | None:
        if reason := _found(address, ALWAYS_REFUSED):
            return f"{address}, {reason}, which is never called"
        if _is_in(address, self._deny):
            return f"{address}, which SWITCH_DELIVERY_DENY refuses"
        if _is_in(address, self._allow):
            return None
        if reason := _found(address, self._local):
            return f"{address}, {reason}, which SWITCH_DELIVERY_NETWORKS refuses unless SWITCH_DELIVERY_ALLOW has it"
        return None


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)


def _found(address: Address, named: Named) -> str | None:
    return next((reason for reason, networks in named if _is_in(address, networks)), None)
