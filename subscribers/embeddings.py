"""The IPv4 addresses that an IPv6 address carries or leads to."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

#: Those whose last 32 bits are an IPv4 address.
IN_LAST_BITS = (
    IPv6Network("::/96"),  # IPv4-compatible: RFC 4291, section 2.5.5.1
    IPv6Network("::ffff:0:0/96"),  # IPv4-mapped: RFC 4291, section 2.5.5.2
    IPv6Network("::ffff:0:0:0/96"),  # IPv4-translated: RFC 2765, section 2.1
    IPv6Network("64:ff9b::/96"),  # NAT64: RFC 6052, section 2.1
)
LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")  # RFC 8215
#: Where the four bytes stand for prefixes of 48, 56, 64 and 96 bits (RFC 6052, section 2.2); byte 8 is left out.
NAT64_BYTES = ((6, 7, 9, 10), (7, 9, 10, 11), (9, 10, 11, 12), (12, 13, 14, 15))
ISATAP = b"\x00\x5e\xfe"  # RFC 5214, section 6.1
ISATAP_FLAGS = 0x03  # its bits u and g, in the byte before it: either may be set
NEITHER = (IPv6Address("::"), IPv6Address("::1"))


def unwrapped(address: Address) -> list[Address]:
    """The address itself, then those within it."""
    if isinstance(address, IPv4Address) or address in NEITHER:
        return [address]
    return [address, *_embedded(address)]


def _embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if address in LOCAL_NAT64:
        yield from _translated(address.packed)
    if _is_isatap(address.packed) or any(address in network for network in IN_LAST_BITS):
        yield IPv4Address(address.packed[12:])


def _is_isatap(packed: bytes) -> bool:
    return packed[9:12] == ISATAP and not packed[8] & ~ISATAP_FLAGS


def _translated(packed: bytes) -> Iterator[IPv4Address]:
    """Every IPv4 address that a prefix of any length would give. The bits after it should be zero, and are ignored by
    translators if they are not (RFC 6052, section 2.3)."""
    for places in NAT64_BYTES:
        found = bytes(packed[place] for place in places)
        # A leading zero byte means that the prefix is longer: the network 0.0.0.0/8 cannot be called anyway.
        if found[0]:
            yield IPv4Address(found)
