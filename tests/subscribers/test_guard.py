"""Which addresses may be called, as a table."""

import pytest

from subscribers import guard as guard_module
from subscribers.guard import AddressGuard

ALWAYS_REFUSED = {
    "169.254.169.254": "metadata",
    "169.254.170.2": "metadata",
    "fd00:ec2::254": "metadata",
    "fd20:ce::254": "metadata",
    "168.63.129.16": "metadata",
    "100.100.100.200": "metadata",
    "192.0.0.192": "metadata",
    "169.254.0.1": "link-local",
    "169.254.255.255": "link-local",
    "fe80::1": "link-local",
    "febf::1": "link-local",
    "0.0.0.0": "unspecified",  # noqa: S104 - nothing is bound to it
    "0.1.2.3": "unspecified",
    "::": "unspecified",
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "ff02::1": "multicast",
    "255.255.255.255": "broadcast",
    "240.0.0.1": "reserved",
    # One within the other: the IPv6 address leads to the metadata service.
    "::169.254.169.254": "metadata",
    "::ffff:169.254.169.254": "metadata",
    "::ffff:0:169.254.169.254": "metadata",
    "64:ff9b::169.254.169.254": "metadata",
    "64:ff9b:1::a9fe:a9fe": "metadata",
    "2002:a9fe:a9fe::1": "metadata",
    "2001:0:a9fe:a9fe::1": "metadata",  # Teredo's server
    "2001:0:808:808::5601:5601": "metadata",  # Teredo's client, its bits inverted
    "2001:db8::5efe:a9fe:a9fe": "metadata",
    "2001:db8::100:5efe:a9fe:a9fe": "metadata",
    "2001:db8::300:5efe:a9fe:a9fe": "metadata",
    # Translators ignore what stands behind the IPv4 address.
    "64:ff9b:1:a9fe:a9:fe00:0:1": "metadata",
    "64:ff9b:1:a9:fe:a9fe:0:1": "metadata",
    "64:ff9b:1:0:a9:fea9:fe00:1": "metadata",
    "::ffff:0.0.0.0": "unspecified",
    # No addresses as they should be.
    "fe80::1%eth0": "zone",
    "::1%lo": "zone",
    "0x7f.1": "no IP address",
    "127.1": "no IP address",
    "": "no IP address",
}
LOCAL = {
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "::1": "loopback",
    "10.0.0.1": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.168.1.1": "private",
    "100.64.0.1": "private",
    "fc00::1": "private",
    "fd12:3456::1": "private",
    "fec0::1": "private",
    "192.0.2.1": "documentation",
    "198.18.0.1": "documentation",
    "203.0.113.1": "documentation",
    "192.88.99.1": "relays",
    "192.88.99.255": "relays",
    "::ffff:192.88.99.1": "relays",
    "2001:db8::1": "documentation",
    "192.0.0.1": "protocols",
    "2001:1ff:ffff::1": "protocols",
    "1fff::1": "no public network",
    "200::1": "no public network",
    "4000::1": "no public network",
    "fbff::1": "no public network",
    "fe00::1": "no public network",
    "::ffff:127.0.0.1": "loopback",
    "::127.0.0.1": "loopback",
    "::ffff:10.0.0.1": "private",
    "64:ff9b::10.0.0.1": "private",
    "2002:7f00:1::1": "loopback",
    "2002:c0a8:101::1": "private",
}
PUBLIC = [
    "1.1.1.1",
    "172.15.255.255",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "2001:200::1",
    "2000::1",
    "3ffe::1",
    "192.88.98.255",
    "192.88.100.0",
    "64:ff9b:1::1.1.1.1",
    "64:ff9b:1:101:1:100::",
    "2606:4700::400:5efe:a00:1",  # no ISATAP: a bit is set that it has not
    "::ffff:1.1.1.1",
    "2002:101:101::",
]


@pytest.mark.parametrize(("address", "word"), ALWAYS_REFUSED.items(), ids=ALWAYS_REFUSED.keys())
@pytest.mark.parametrize("allow", [(), ("0.0.0.0/0", "::/0")], ids=["by default", "though all are allowed"])
def test_never_called(address: str, word: str, allow: tuple[str, ...]) -> None:
    reason = AddressGuard(allows_private=True, allow=allow).check(address)
    assert reason is not None
    assert word in reason


@pytest.mark.parametrize(("address", "word"), LOCAL.items(), ids=LOCAL.keys())
def test_local_address_is_called_or_not_as_set(address: str, word: str) -> None:
    assert AddressGuard(allows_private=True).check(address) is None
    reason = AddressGuard(allows_private=False).check(address)
    assert reason is not None
    assert word in reason
    assert "SWITCH_DELIVERY_NETWORKS refuses unless SWITCH_DELIVERY_ALLOW has it" in reason


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_called(address: str) -> None:
    assert AddressGuard(allows_private=False).check(address) is None


@pytest.mark.parametrize(
    ("allow", "deny", "address", "is_called"),
    [
        (("10.1.0.0/16",), (), "10.1.2.3", True),
        (("10.1.0.0/16",), (), "10.2.0.1", False),
        (("10.1.0.0/16",), (), "::ffff:10.1.2.3", True),
        (("10.1.0.0/16",), ("10.1.2.0/24",), "10.1.2.3", False),
        (("10.1.0.0/16",), ("10.1.2.0/24",), "10.1.3.3", True),
        ((), ("1.1.1.0/24",), "1.1.1.1", False),
        ((), ("1.1.1.0/24",), "::ffff:1.1.1.1", False),
        ((), ("1.1.1.1",), "1.1.1.2", True),
        (("fd00:1::/32",), (), "fd00:1::5", True),
        ((), ("2606:4700::/32",), "2606:4700::1111", False),
        ((), ("::/0",), "2a00::1", False),
        ((), ("::/0",), "1.1.1.1", True),
        (("10.1.2.3/16",), (), "10.1.9.9", True),  # bits behind the mask are taken as they are meant
    ],
)
def test_lists_decide(allow: tuple[str, ...], deny: tuple[str, ...], address: str, is_called: bool) -> None:
    guard = AddressGuard(allows_private=False, allow=allow, deny=deny)
    assert (guard.check(address) is None) == is_called


def test_denied_address_names_the_setting() -> None:
    reason = AddressGuard(deny=["10.0.0.0/8"]).check("10.0.0.1")
    assert reason == "10.0.0.1, which SWITCH_DELIVERY_DENY refuses"


def test_embedded_address_is_named_with_the_outer_one() -> None:
    reason = AddressGuard().check("2002:a9fe:a9fe::1")
    assert reason is not None
    assert reason.startswith("2002:a9fe:a9fe::1 leads to 169.254.169.254")


def test_what_is_no_range_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/40"):
        AddressGuard(deny=["10.0.0.0/40"])


def test_memory_of_judged_addresses_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard_module, "MAX_REMEMBERED", 3)
    guard = AddressGuard(deny=["10.0.0.1"])
    for _ in range(2):
        for number in range(10):
            assert (guard.check(f"10.0.0.{number}") is None) == (number != 1)
            assert len(guard._judged) <= 3
