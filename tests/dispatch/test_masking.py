import pytest

from dispatch.masking import as_stored_text, mask_headers, mask_url


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "proxy-authorization", "Cookie", "Set-Cookie", "X-Auth-Token", "X-Api-Key", "apikey"),
        *("X-API_KEY", "X-Secret", "Client-Secret", "X-Password", "X-Hub-Signature-256", "webhook-signature"),
        *("X-Credentials", "X-CSRF-Token", "X-Auth", "auth", "jwt", "sig", "pwd", "pass", "passphrase", "sessionid"),
        *("X-Access-Key", "private_key", "x-functions-key", "X-Auth-Key"),
    ],
)
def test_secret_header_is_masked(name: str) -> None:
    assert mask_headers([(name, "s3cret")]) == f"{name}: ***"


@pytest.mark.parametrize(
    "name",
    ["Content-Type", "webhook-id", "webhook-timestamp", "switch-topic", "X-Key", "Accept", "author", "passed", "sign"],
)
def test_other_header_is_kept(name: str) -> None:
    assert mask_headers([(name, "value")]) == f"{name}: value"


def test_headers_are_kept_a_line_each_in_their_order() -> None:
    text = mask_headers([("B", "1"), ("Authorization", "Bearer x"), ("A", ""), ("B", "2")])
    assert text == "B: 1\nAuthorization: ***\nA: \nB: 2"


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("http://h/a", "http://h/a"),
        ("http://h/token/secret", "http://h/token/secret"),
        ("http://h/a?b=1&c=2", "http://h/a?b=1&c=2"),
        ("http://h/a?token=x", "http://h/a?token=***"),
        ("http://h/a?sp=r&sig=x", "http://h/a?sp=r&sig=***"),
        ("http://h/a?b=1&access_token=x&c=2", "http://h/a?b=1&access_token=***&c=2"),
        ("http://h/a?API-KEY=x&Signature=y", "http://h/a?API-KEY=***&Signature=***"),
        ("http://h/a?token=x=y", "http://h/a?token=***"),
        ("http://h/a?token=", "http://h/a?token=***"),
        ("http://h/a?b&c=%20d", "http://h/a?b&c=%20d"),
        ("http://h/a?x=1?token=y", "http://h/a?x=1?token=y"),
        ("http://[::1]:8000/a?password=p", "http://[::1]:8000/a?password=***"),
    ],
)
def test_secret_query_values_are_masked(url: str, masked: str) -> None:
    assert mask_url(url) == masked


@pytest.mark.parametrize(
    ("target_url", "url", "masked"),
    [
        ("http://h/o/:token", "http://h/o/K17", "http://h/o/***"),
        ("http://h/:id/:token/x", "http://h/7/K17/x?a=1&token=K17", "http://h/7/***/x?a=1&token=***"),
        ("http://h/:id", "http://h/7?a=1", "http://h/7?a=1"),
        ("http://h/o?a=:id&b=:token", "http://h/o?a=7&b=K17&c=1", "http://h/o?a=7&b=***&c=1"),
        ("http://h?token=:id&b=:token", "http://h/?token=7&b=K17", "http://h/?token=***&b=***"),
        ("http://h/a/../:token", "http://h/K17", "http://h/***"),
        ("http://h/:token/x", "http://h/K17/x", "http://h/***/x"),
    ],
)
def test_secret_path_parameters_are_masked_where_the_target_has_them(target_url: str, url: str, masked: str) -> None:
    assert mask_url(url, target_url) == masked


@pytest.mark.parametrize(
    "url", ["http://h/a?%74oken=s3cret", "http://h/a?to%6ben=s3cret", "http://h/a?api%5Fkey=s3cret"]
)
def test_percent_encoded_name_hides_no_secret(url: str) -> None:
    assert "s3cret" not in mask_url(url)


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        (b"plain", "plain"),
        ("ü ☃".encode(), "ü ☃"),
        (b"a\x00b", "a\\x00b"),
        (b"\xff\xfe", "\\xff\\xfe"),
        ("☃".encode()[:2], "\\xe2\\x98"),  # a character cut in two
        ("a\x00b", "a\\x00b"),
        ("half \ud800", "half \\ud800"),
        (b"", ""),
        ("\r\n\t", "\r\n\t"),
    ],
)
def test_stored_text_is_what_every_database_takes(raw: bytes | str, stored: str) -> None:
    text = as_stored_text(raw)
    assert text == stored
    assert "\x00" not in text
    text.encode()
