import pytest

from dispatch.outcomes import ErrorKind
from dispatch.transport.target import Target, UnsendableError, bracketed, read_target

BAD, FORBIDDEN = ErrorKind.BAD_REQUEST, ErrorKind.FORBIDDEN_ADDRESS


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://billing:8000/events", Target("billing", 8000, is_secure=False)),
        ("https://Example.COM/A", Target("example.com", 443, is_secure=True)),
        ("http://example.com", Target("example.com", 80, is_secure=False)),
        ("HTTP://example.com/", Target("example.com", 80, is_secure=False)),
        ("https://example.com:/", Target("example.com", 443, is_secure=True)),
        ("http://[::1]:81/", Target("::1", 81, is_secure=False)),
        ("http://example.com/a@b?c=d@e", Target("example.com", 80, is_secure=False)),
        ("http://example.com/%40?a=%5C", Target("example.com", 80, is_secure=False)),
        ("http://example.com:65535/", Target("example.com", 65535, is_secure=False)),
    ],
)
def test_url_leads_to_host_and_port(url: str, target: Target) -> None:
    assert read_target(url) == target


@pytest.mark.parametrize(
    ("url", "kind", "words"),
    [
        ("ftp://example.com/", FORBIDDEN, "Only http and https are called, not ftp"),
        ("file:///etc/passwd", FORBIDDEN, "not file"),
        ("gopher://example.com/", FORBIDDEN, "not gopher"),
        ("example.com/path", FORBIDDEN, "without scheme"),
        ("//example.com/", FORBIDDEN, "without scheme"),
        ("http://user@example.com/", FORBIDDEN, "user name"),
        ("http://user:password@example.com/", FORBIDDEN, "user name"),
        ("http://good.example@bad.example/", FORBIDDEN, "user name"),
        ("http://[fe80::1%25eth0]/", FORBIDDEN, "zone"),
        ("http://127.0.0.1%2f/", FORBIDDEN, "percent-encoding"),
        ("http://good.example\\@bad.example/", BAD, "percent-encoded"),
        ("http://example.com/a b", BAD, "percent-encoded"),
        ("http://example.com/\r\nX-Injected: 1", BAD, "percent-encoded"),
        ("http://example.com/\x00", BAD, "percent-encoded"),
        ("http://bücher.example/", BAD, "percent-encoded"),
        ("http://example.com/ü", BAD, "percent-encoded"),
        ("http://", BAD, "must name a host"),
        ("http:///path", BAD, "must name a host"),
        ("http://:80/", BAD, "must name a host"),
        ("http://example.com:0/", BAD, "no port 0"),
        ("http://example.com:65536/", BAD, "cannot be used"),
        ("http://example.com:http/", BAD, "cannot be used"),
        ("http://[::1/", BAD, "cannot be used"),
    ],
)
def test_url_that_is_not_called_says_why(url: str, kind: ErrorKind, words: str) -> None:
    with pytest.raises(UnsendableError, match=words) as caught:
        read_target(url)
    assert caught.value.kind == kind


def test_peer_is_written_as_in_urls() -> None:
    assert read_target("http://[::1]/").peer == "[::1]:80"
    assert read_target("https://example.com/").peer == "example.com:443"
    assert bracketed("::1") == "[::1]"
