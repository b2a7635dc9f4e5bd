"""Which target URLs are allowed, and what path parameters make of them."""

from typing import Any

import pytest

from subscribers.targets import TargetError, address_of, check_target, fill_target, placeholders

ALLOWED = [
    "http://billing/",
    "http://billing",
    "http://billing:8000/events",
    "https://example.com/hooks?source=switch",
    "HTTPS://Example.COM/",
    "http://localhost:81/",
    "http://localhost:65535/",
    "http://127.0.0.1:8000/",
    "http://[::1]:8000/",
    "http://[2001:db8::1]/",
    "http://under_score.internal/",
    "http://bücher.example/",
    "http://xn--bcher-kva.example/",
    "http://billing/orders/:id",
    "http://billing/orders/:id/lines/:line_id?full=:full&plain=1",
    "http://billing/a:b/c",
    "http://billing/at@sign",
    "http://billing/%20",
    "http://billing/ünïcode",
    "http://billing/#",
    "http://billing:/",
]

REFUSED = [
    ("", "http:// or https://"),
    ("billing", "http:// or https://"),
    ("billing:8000/events", "http:// or https://"),
    ("//billing/", "http:// or https://"),
    ("ftp://billing/", "http:// or https://"),
    ("file:///etc/passwd", "http:// or https://"),
    ("javascript:alert(1)", "http:// or https://"),
    ("gopher://billing/", "http:// or https://"),
    ("unix:///run/socket", "http:// or https://"),
    ("http://", "names no host"),
    ("http:///path", "names no host"),
    ("http:billing/", "names no host"),
    ("http://:8000/", "names no host"),
    ("http://billing:0/", "Port 0"),
    ("http://billing:65536/", "not a URL"),
    ("http://billing:http/", "not a URL"),
    ("http://billing:-1/", "not a URL"),
    ("http://billing:8000:9000/", "not a URL"),
    ("http://billing:port/", "not a URL"),
    ("http://[::1/", "not a URL"),
    ("http://[not an address]/", "character"),
    ("http://[fe80::1%25eth0]/", "zone"),
    ("http://user:password@billing/", "Name and password"),
    ("http://user@billing/", "Name and password"),
    ("http://@billing/", "Name and password"),
    ("http://billing/#part", "behind #"),
    ("http://billing/a b", "position 17: ' '"),
    (" http://billing/", "position 1"),
    ("http://billing/\n", "position 16"),
    ("http://bill\ting/", "position 12"),
    ("http://billing/\x00", "position 16"),
    ("http://billing\\@example.com/", "position 15"),
    ("http://billing/\x7f", "position 16"),
    ("http://" + "a" * 64 + ".example/", "not a valid name"),
    ("http://a..example/", "not a valid name"),
    ("http://\uff11\uff12\uff17.0.0.1/", "not a valid name"),
    ("http://127\u30020\u30020\u30021/", "not a valid name"),
    ("http://\u2460\u2461\u2466.0.0.1/", "not a valid name"),
    ("http://ex\u00adample.com/", "not a valid name"),
    ("http://example\u2024com/", "not a valid name"),
]


@pytest.mark.parametrize("url", ALLOWED)
def test_url_is_allowed(url: str) -> None:
    check_target(url)


@pytest.mark.parametrize(("url", "reason"), REFUSED, ids=[ascii(url)[:50] for url, _ in REFUSED])
def test_url_is_refused_with_the_reason(url: str, reason: str) -> None:
    with pytest.raises(TargetError, match=reason.replace("(", r"\(")):
        check_target(url)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://10.0.0.1:8000/x", "10.0.0.1"),
        ("http://[::1]/", "::1"),
        ("http://[FD00:0::0001]:8000/", "fd00::1"),
        *((f"http://{odd}/", "127.0.0.1") for odd in ("127.1", "0x7f.1", "2130706433", "0177.0.0.01")),
        *((f"http://{name}/", "") for name in ("localhost", "billing", "127.0.0.1.", "1.2.3.4.5", "10.0.0.1.nip.io")),
    ],
)
def test_address_is_found_in_any_form_and_no_name_is_looked_up(url: str, address: str) -> None:
    assert address_of(url) == address


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("http://billing:8000/", ()),
        ("http://billing/:id", ("id",)),
        ("http://billing/:id/:line?full=:full", ("id", "line", "full")),
        ("http://billing/:id/:id?x=:id", ("id",)),
        ("http://billing/x:id/:id-x/:1/:", ()),
        ("http://billing/?x=:a:b", ()),
        ("http://billing/?:a=1", ()),
    ],
)
def test_placeholders_are_whole_segments_and_values(url: str, names: tuple[str, ...]) -> None:
    assert placeholders(url) == names


FILLED: list[tuple[str, dict[str, Any], str]] = [
    ("http://billing:8000/", {"8000": "x"}, "http://billing:8000/"),
    ("http://billing/:id", {"id": 7}, "http://billing/7"),
    ("http://billing/:id/:identity", {"id": 1, "identity": 2}, "http://billing/1/2"),
    ("http://billing/:identity", {"id": 1, "identity": 2}, "http://billing/2"),
    ("http://billing/:id", {"id": "a/b?c#d"}, "http://billing/a%2Fb%3Fc%23d"),
    ("http://billing/:id", {"id": "../admin"}, "http://billing/..%2Fadmin"),
    ("http://billing/:id", {"id": "%2e%2e"}, "http://billing/%252e%252e"),
    ("http://billing/:id", {"id": "ü 😀"}, "http://billing/%C3%BC%20%F0%9F%98%80"),
    ("http://billing/:id", {"id": "\r\nHost: x"}, "http://billing/%0D%0AHost%3A%20x"),
    ("http://billing/:id", {"id": True}, "http://billing/true"),
    ("http://billing/:id", {"id": 1.5}, "http://billing/1.5"),
    ("http://billing/:id", {"id": ":id"}, "http://billing/%3Aid"),
    ("http://billing/?q=:q&r=1", {"q": "a&b=c"}, "http://billing/?q=a%26b%3Dc&r=1"),
    ("http://billing/?q=:q", {"q": ""}, "http://billing/?q="),
    ("http://billing/?q=:q", {"q": None}, "http://billing/?q="),
    ("http://billing/?q=:q", {"q": ".."}, "http://billing/?q=.."),
    ("http://billing/a:id/x", {"id": 1}, "http://billing/a:id/x"),
    ("http://[::1]:80/:id", {"id": 1}, "http://[::1]:80/1"),
    ("http://billing/plain?x=%20", {}, "http://billing/plain?x=%20"),
]


@pytest.mark.parametrize(("url", "parameters", "filled"), FILLED, ids=[f"{row[0]} {row[1]!r}" for row in FILLED])
def test_parameters_fill_whole_segments_and_values(url: str, parameters: dict[str, Any], filled: str) -> None:
    assert fill_target(url, parameters) == filled


@pytest.mark.parametrize("value", [".", "..", "", None], ids=repr)
def test_parameter_that_would_climb_or_vanish_is_refused(value: str | None) -> None:
    with pytest.raises(TargetError, match="cannot stand in a path"):
        fill_target("http://billing/:id/lines", {"id": value})


@pytest.mark.parametrize("url", ["http://billing/:id", "http://billing/?id=:id"])
def test_missing_parameter_is_named(url: str) -> None:
    with pytest.raises(TargetError, match="the path parameter 'id', which the event does not have"):
        fill_target(url, {"identity": 1})


@pytest.mark.parametrize("url", ["http://[::1/:id", "http://[x]/:id", "http://a]b/:id"])
def test_what_is_no_url_is_told_and_asks_for_no_parameters(url: str) -> None:
    """Plain SQL can write it, and then each delivery comes by here."""
    assert placeholders(url) == ()
    with pytest.raises(TargetError, match="It is not a URL"):
        fill_target(url, {"id": 1})
