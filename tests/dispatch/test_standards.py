"""References and timestamps, as their standards write them."""

import pytest

from dispatch.standards import instant, is_timestamp, is_uri_reference


@pytest.mark.parametrize(
    "text",
    [
        # RFC 3986, section 1.1.2 and 5.4
        *(
            "ftp://ftp.is.co.za/rfc/rfc1808.txt",
            "http://www.ietf.org/rfc/rfc2396.txt",
            "ldap://[2001:db8::7]/c=GB?o?one",
        ),
        *("mailto:John.Doe@example.com", "news:comp.infosystems.www.servers.unix", "tel:+1-816-555-1212"),
        *("telnet://192.0.2.16:80/", "urn:oasis:names:specification:docbook:dtd:xml:4.1.2"),
        *("g:h", "g", "./g", "g/", "/g", "//g", "?y", "g?y", "#s", "g#s", "g?y#s", ";x", "g;x=1/../y", "..", "../../g"),
        # CloudEvents 1.0, of source
        *("https://github.com/cloudevents", "mailto:cncf-wg-serverless@lists.cncf.io", "/sensors/tn-1234567/alerts"),
        *("urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66", "1-555-123-4567", "cloudevents/spec/pull/123"),
        *("/shop%20a", "http://user:word@shop.example:8080/a:b?c=/d?e#f?g", "a/b:c", "http://[v1.x:y]/", "", "x://"),
    ],
)
def test_what_is_a_uri_reference(text: str) -> None:
    assert is_uri_reference(text)


@pytest.mark.parametrize(
    "text",
    [
        *("the shop", " /shop", "/shop\n", "größe", "/shop%", "/shop%2", "/shop%zz", "1:2", ":a", "a\\b", "<a>", '"a"'),
        *(
            "a#b#c",
            "http://[::1",
            "http://shop:port/",
            "http://a@b@c/",
            "/a[b]",
            "{a}",
            "a|b",
            "^",
            "`",
            "\x00",
            "1a:b/c",
        ),
    ],
)
def test_what_is_no_uri_reference(text: str) -> None:
    assert not is_uri_reference(text)


@pytest.mark.parametrize(
    "text",
    [
        *("1985-04-12T23:20:50.52Z", "1996-12-19T16:39:57-08:00", "1990-12-31T23:59:60Z", "1990-12-31T15:59:60-08:00"),
        *(
            "1937-01-01T12:00:27.87+00:20",
            "2024-02-29t00:00:00z",
            "2026-01-31T08:00:00.123456789012Z",
            "0000-01-01T00:00:00Z",
        ),
    ],
)
def test_what_is_a_timestamp(text: str) -> None:
    assert is_timestamp(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "now",
            "2026-01-31",
            "2026-01-31T08:00:00",
            "2026-01-31 08:00:00Z",
            "2026-01-31T08:00Z",
            "20260131T080000Z",
        ),
        *("2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z"),
        *("2026-01-31T24:00:00Z", "2026-01-31T08:60:00Z", "2026-01-31T08:00:61Z", "2026-01-31T08:00:00+24:00"),
        *("2026-01-31T08:00:00+01", "2026-01-31T08:00:00.Z", "2026-01-31T08:00:00Z\n", "\uff12026-01-31T08:00:00Z"),
        *(1769846400, None, True),
    ],
)
def test_what_is_no_timestamp(text: object) -> None:
    assert not is_timestamp(text)


MOMENTS = [
    # RFC 3339, section 5.8
    ["1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57Z"],
    ["1990-12-31T23:59:60Z", "1990-12-31T15:59:60-08:00"],
    ["1991-01-01T00:00:00Z"],
    ["1985-04-12T23:20:50.52Z", "1985-04-12t23:20:50.5200z", "1985-04-12T23:20:50.52-00:00"],
    ["1985-04-12T23:20:50.520000000000000001Z"],
    ["1985-04-12T23:20:50Z", "1985-04-12T23:20:50.0+00:00"],
    ["2024-02-29T23:30:00Z", "2024-03-01T00:30:00+01:00"],
    ["0000-01-01T00:00:00+00:01", "0000-01-01T00:00:00.000+00:01"],
    ["9999-12-31T23:59:59-23:59"],
]


def test_timestamps_of_one_moment_and_no_others_are_one_instant() -> None:
    found = [{instant(text) for text in texts} for texts in MOMENTS]
    assert [len(instants) for instants in found] == [1] * len(MOMENTS)
    assert len(set.union(*found)) == len(MOMENTS)


@pytest.mark.parametrize(
    "text", ["a" * 100_000 + " ", "//" + "a:" * 50_000 + " ", "%41" * 30_000 + "%", "a/" * 50_000 + "["]
)
def test_a_long_text_is_read_in_linear_time(text: str) -> None:
    """Else this test would not end within its time-out."""
    assert not is_uri_reference(text)
