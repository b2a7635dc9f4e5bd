"""What a subscriber is sent, from event and subscriber, as tables."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from dispatch import __version__
from dispatch.building import BuiltRequest, EventContent, RequestError, build, header_text
from dispatch.ledger.loading import LoadedEvent, LoadedSubscriber
from dispatch.transport.target import read_target

EVENT_ID, WEBHOOK_ID, DELIVERY_ID = (UUID(int=number) for number in (1, 2, 3))
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def built(payload: dict[str, Any] | str, url: str = "http://billing:8000/events", **event: str) -> BuiltRequest:
    text = payload if isinstance(payload, str) else json.dumps(payload)
    loaded = LoadedEvent(EVENT_ID, event.get("topic", "orders"), event.get("author", "shop"), text)
    subscriber = LoadedSubscriber(1, url, False, False, 25, None, None, None, None)
    return build(EventContent(loaded), subscriber, WEBHOOK_ID, DELIVERY_ID, 4, NOW)


def headers(request: BuiltRequest) -> dict[str, str]:
    """Names in lower case; none may come twice."""
    names = [name.lower() for name, _ in request.headers]
    assert len(names) == len(set(names))
    return dict(zip(names, (value for _, value in request.headers), strict=True))


@pytest.mark.parametrize(
    ("method", "sent"),
    [(None, "POST"), *((method, method.upper()) for method in ("get", "Post", "PUT", "patch", "DELETE", "head"))],
)
def test_method_is_the_payloads_or_post(method: str | None, sent: str) -> None:
    assert built({} if method is None else {"http_method": method}).method == sent


@pytest.mark.parametrize(
    ("url", "parameters", "sent"),
    [
        ("http://h/a/:id", {"id": 7}, "http://h/a/7"),
        ("http://h/:id/:id/b", {"id": "x"}, "http://h/x/x/b"),
        ("http://h/:id/:identity", {"id": 1, "identity": 2}, "http://h/1/2"),
        ("http://h:8000/:id", {"id": 1, "8000": 2}, "http://h:8000/1"),
        ("http://h/a:id/:id.json", {"id": 1}, "http://h/a:id/:id.json"),
        ("http://h/a?b=:id&c=:other", {"id": 1, "other": "x&y=z"}, "http://h/a?b=1&c=x%26y%3Dz"),
        ("http://h/a?:id=1", {"id": 2}, "http://h/a?:id=1"),
        ("http://h/:id", {"id": "a/b?c#d"}, "http://h/a%2Fb%3Fc%23d"),
        ("http://h/:id", {"id": "../../admin"}, "http://h/..%2F..%2Fadmin"),
        ("http://h/:id", {"id": "%2e%2e"}, "http://h/%252e%252e"),
        ("http://h/:id", {"id": "..."}, "http://h/..."),
        ("http://h/:id", {"id": "ü \n"}, "http://h/%C3%BC%20%0A"),
        ("http://h/:id", {"id": ":other", "other": "x"}, "http://h/%3Aother"),
        ("http://h/:a/:b/:c", {"a": True, "b": False, "c": 1.5}, "http://h/true/false/1.5"),
        ("http://h/:id", {"id": 12345678901234567890123}, "http://h/12345678901234567890123"),
        ("http://h/a?b=:id", {"id": ".."}, "http://h/a?b=.."),
        ("http://h/a?b=:id", {"id": ""}, "http://h/a?b="),
        ("http://[::1]:80/:id", {"id": 1}, "http://[::1]:80/1"),
        ("http://h", {}, "http://h/"),
        ("http://h/a%2Fb", {}, "http://h/a%2Fb"),
        ("http://bücher.example/ü", {}, "http://xn--bcher-kva.example/%C3%BC"),
    ],
)
def test_path_parameters_fill_whole_segments_and_values(url: str, parameters: dict[str, Any], sent: str) -> None:
    request = built({"path_params": parameters}, url)
    assert request.url == sent
    read_target(request.url)  # the transport takes it


@pytest.mark.parametrize(
    ("url", "parameters", "words"),
    [
        ("http://h/:id", None, "'id', which the event does not have"),
        ("http://h/:id", {}, "'id', which the event does not have"),
        ("http://h/:id", {"id": None}, "'id', which the event does not have"),
        ("http://h/:id", {"ID": 1, "identity": 2}, "'id', which the event does not have"),
        ("http://h/a?b=:id", {"id": None}, "'id', which the event does not have"),
        ("http://h/a?b=:id", {}, "'id', which the event does not have"),
        ("http://h/:id/x", {"id": ".."}, "cannot stand in a path"),
        ("http://h/:id/x", {"id": "."}, "cannot stand in a path"),
        ("http://h/:id/x", {"id": ""}, "cannot stand in a path"),
    ],
)
def test_parameter_that_is_missing_or_climbs_makes_no_request(
    url: str, parameters: dict[str, Any] | None, words: str
) -> None:
    with pytest.raises(RequestError, match=words):
        built({"path_params": parameters}, url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http:///o/:token", "The URL 'http:///o/:token' cannot be used: No host supplied."),
        ("billing/:token", "The URL 'billing/:token' cannot be used: No scheme supplied. "),
        ("http://:80:90/:token", "cannot be used"),
    ],
)
def test_the_error_of_a_url_quotes_the_subscribers_and_no_value(url: str, says: str) -> None:
    payload = {"path_params": {"token": "hunter2secret"}, "query_params": {"key": "hunter2secret"}}
    with pytest.raises(RequestError) as raised:
        built(payload, url)
    assert says in str(raised.value)
    assert "hunter2secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "parameters", "sent"),
    [
        ("http://h/a", {"b": 1}, "http://h/a?b=1"),
        ("http://h/a?x=1", {"b": "c"}, "http://h/a?x=1&b=c"),
        ("http://h/a?b=1", {"b": 2}, "http://h/a?b=1&b=2"),
        ("http://h/a", {"b": [1, "2", 3]}, "http://h/a?b=1&b=2&b=3"),
        ("http://h/a", {"b": [], "c": None, "d": ""}, "http://h/a?d="),
        ("http://h/a", {"a b": "c&d=e+f #ü"}, "http://h/a?a+b=c%26d%3De%2Bf+%23%C3%BC"),
        ("http://h/a?x=%20y", {"b": ":x"}, "http://h/a?x=%20y&b=%3Ax"),
        ("http://h/a", {"b": 12345678901234567890123}, "http://h/a?b=12345678901234567890123"),
        ("http://h/a?x=1", {}, "http://h/a?x=1"),
        ("http://h/a?x=1", None, "http://h/a?x=1"),
    ],
)
def test_query_parameters_are_added(url: str, parameters: dict[str, Any] | None, sent: str) -> None:
    request = built({"query_params": parameters}, url)
    assert request.url == sent
    read_target(request.url)


@pytest.mark.parametrize(
    "name",
    [
        *("Connection", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding"),
        *("Upgrade", "Host", "HOST", "Content-Length", "content-length", "Expect"),
        *("webhook-signature", "Webhook-Timestamp", "switch-other"),
    ],
)
def test_header_that_is_not_the_payloads_to_give_is_dropped(name: str) -> None:
    assert name.lower() not in headers(built({"headers": {name: "forged"}}))


@pytest.mark.parametrize("name", ["User-Agent", "webhook-id", "Switch-Event-Id", "switch-attempt", "SWITCH-TOPIC"])
def test_header_of_our_own_cannot_be_forged(name: str) -> None:
    assert "forged" not in headers(built({"headers": {name: "forged"}}))[name.lower()]


@pytest.mark.parametrize("name", ["Authorization", "X-Hook", "Cookie", "Accept", "If-Match", "switchboard", "te-x"])
def test_other_headers_are_passed_on(name: str) -> None:
    assert (name, "Bearer x") in built({"headers": {name: " Bearer x\t"}}).headers


def test_own_headers_tell_what_the_request_is() -> None:
    assert headers(built({})) == {
        "content-type": "application/json",
        "user-agent": f"Switch/{__version__}",
        "switch-event-id": str(EVENT_ID),
        "switch-topic": "orders",
        "switch-author": "shop",
        "switch-delivery-id": str(DELIVERY_ID),
        "switch-attempt": "4",
        "webhook-id": str(WEBHOOK_ID),
    }


@pytest.mark.parametrize(
    ("payload", "sent"),
    [
        ({"body": {}}, "application/json"),
        ({"headers": {"content-TYPE": "text/plain"}}, "text/plain"),
        ({"http_method": "GET"}, None),
        ({"http_method": "GET", "headers": {"Content-Type": "a/b"}}, "a/b"),
        ({"http_method": "HEAD", "body": {"a": 1}}, None),
    ],
)
def test_content_type_is_json_unless_named_and_absent_without_a_body(payload: dict[str, Any], sent: str | None) -> None:
    assert headers(built(payload)).get("content-type") == sent


@pytest.mark.parametrize("body", [{}, {"body": None}], ids=["absent", "null"])
@pytest.mark.parametrize(
    ("method", "sent"),
    [("POST", b"{}"), ("PUT", b"{}"), ("PATCH", b"{}"), ("GET", None), ("HEAD", None), ("DELETE", None)],
)
def test_request_without_a_body(method: str, sent: bytes | None, body: dict[str, Any]) -> None:
    assert built({"http_method": method, **body}).body == sent


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_body_goes_with_every_method_but_head(method: str) -> None:
    assert built({"http_method": method, "body": [1]}).body == b"[1]"
    assert built({"http_method": "HEAD", "body": [1]}).body is None


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ('{ "b" : 1 , "a" : [ 1 , 2 ] }', b'{"b":1,"a":[1,2]}'),
        ('"\\u00fc \\u2603"', '"ü ☃"'.encode()),
        ('"\\ud800"', b'"\\ud800"'),
        ('"\\u0000"', b'"\\u0000"'),
        ("false", b"false"),
        ("0", b"0"),
        ('""', b'""'),
        ("[]", b"[]"),
        ("{}", b"{}"),
        ("123456789012345678901234567890", b"123456789012345678901234567890"),
        ("-9223372036854775809", b"-9223372036854775809"),
        ("0.1000000000000000055511151231257827", b"0.1000000000000000055511151231257827"),
        ("[1.10,1e3,1E-400,1e400,-0.0]", b"[1.10,1e3,1E-400,1e400,-0.0]"),
    ],
)
def test_body_is_compact_and_exact(text: str, sent: bytes) -> None:
    assert built('{"body": ' + text + "}").body == sent


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("orders.created", "orders.created"),
        ("a b/c:d", "a b/c:d"),
        ("bücher", "b%C3%BCcher"),
        ("ü a/b 100%", "%C3%BC a/b 100%25"),
        ("a\r\nX-Injected: 1", "a%0D%0AX-Injected: 1"),
        ("", ""),
    ],
)
def test_topic_and_author_are_written_as_headers_can_be(text: str, sent: str) -> None:
    assert header_text(text) == sent
    request = headers(built({}, topic=text, author=text))
    assert (request["switch-topic"], request["switch-author"]) == (sent, sent)


@pytest.mark.parametrize("url", ["http://", "http://h" + "x" * 80 + ".example\ud800/", "http://.example/"])
def test_url_of_a_row_written_by_sql_makes_no_request(url: str) -> None:
    with pytest.raises(RequestError):
        built({}, url)


def test_content_is_taken_apart_once_for_many_deliveries() -> None:
    content = EventContent(LoadedEvent(EVENT_ID, "orders", "", '{"body": {"a": 1}}'))
    subscribers = [LoadedSubscriber(n, f"http://h/{n}", False, False, 25, None, None, None, None) for n in range(3)]
    requests = [build(content, each, WEBHOOK_ID, DELIVERY_ID, 1, NOW) for each in subscribers]
    assert [request.url for request in requests] == ["http://h/0", "http://h/1", "http://h/2"]
    assert all(request.body is requests[0].body for request in requests)
    requests[0].headers.append(("X-Leak", "1"))
    assert "x-leak" not in headers(requests[1])
