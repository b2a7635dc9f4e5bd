"""Bodies that a publish may be sent: good ones, nearly good ones, and ones that only look like JSON."""

import base64
import json
from typing import Any

from hypothesis import strategies as st

TOPICS = ("orders", "invoices", "nobody", "orders.eu")

TEXTS = st.text(max_size=12) | st.sampled_from(
    ["", " ", "\0", "a\nb", "\ud800", "\udfff", "é\u0301", "x" * 3_000, "\u2028"]
)
NUMBERS = st.integers(-(2**80), 2**80) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)
METHODS = st.sampled_from(["GET", "post", "PUT", "PATCH", "delete", "HEAD", "TRACE", "", "PO ST"])
HEADERS = st.dictionaries(st.sampled_from(["X-Id", "Authorization", "Host", "a b", "", "ü", "switch-topic"]), TEXTS)
PARAMETERS = st.dictionaries(TEXTS, SCALARS | st.lists(SCALARS, max_size=3), max_size=3)
DATA = st.fixed_dictionaries(
    {},
    optional={
        "body": JSON,
        "headers": HEADERS | JSON,
        "query_params": PARAMETERS | JSON,
        "path_params": PARAMETERS | JSON,
        "http_method": METHODS | JSON,
        "special": JSON,
    },
)


def encoded(data: Any) -> str:
    return base64.b64encode(json.dumps(data).encode()).decode()


PAYLOADS = DATA.map(encoded) | TEXTS | st.binary(max_size=40).map(lambda raw: base64.b64encode(raw).decode()) | JSON
TOPIC = st.sampled_from(TOPICS) | TEXTS | JSON
EVENTS = (
    st.fixed_dictionaries({"topic": st.sampled_from(TOPICS), "data": DATA}, optional={"id": TEXTS | JSON})
    | st.fixed_dictionaries({"Topic": st.sampled_from(TOPICS), "Payload": PAYLOADS})
    | st.fixed_dictionaries({}, optional={"topic": TOPIC, "data": DATA | JSON, "Payload": PAYLOADS, "id": JSON})
    | JSON
)
#: JSON that Python's own writer never writes, in the place of a value.
STRANGE = st.sampled_from(
    [
        *("NaN", "Infinity", "-Infinity", "1e999999", "-1e-999999", "1.50", "0.10000000000000000001", "01", "+1", ".5"),
        *("1" * 4_300, "1" * 5_000, "1." + "1" * 5_000, '"' + "1" * 30_000 + '"', '"' + "1." * 15_000 + '"'),
        *("[" * 150 + "]" * 150, "[" * 900 + "]" * 900, "[" * 5_000 + "]" * 5_000, '{"a":' * 3_000 + "1" + "}" * 3_000),
        *(
            '{"a":1,"a":2}',
            '{"a":{"b":1},"a":[]}',
            '"\\ud800"',
            '"\\udc00\\ud800"',
            '"\\u0000"',
            '"\0"',
            '"a\nb"',
            "'a'",
        ),
        *('{"' + "k" * 20_000 + '":1}', '"' + "é" * 20_000 + '"', "tru", "undefined", "", "//", "1 2", "[1,]", "{,}"),
    ]
)
PLACES = (
    *('{"topic":"orders","data":{"body":%s}}', '{"topic":"orders","data":%s}', '{"topic":%s,"data":{}}', "%s"),
    *('{"topic":"orders","data":{"path_params":{"id":%s}}}', '{"topic":"orders","data":{"headers":%s}}', "[%s,%s]"),
    *('{"topic":"orders","data":{},"id":%s}', '{"topic":"orders","data":{},"data":%s}', '{"Topic":"a","Payload":%s}'),
    *('{"topic":"orders","topic":%s,"data":{}}', '[{"topic":"orders","data":{"query_params":{"q":%s}}}]'),
)


def _placed(place: str, strange: str) -> str:
    return place.replace("%s", strange)


TEXT_BODIES = (
    EVENTS.map(json.dumps)
    | st.lists(EVENTS, max_size=6).map(json.dumps)
    | st.builds(_placed, st.sampled_from(PLACES), STRANGE)
    | st.builds(lambda text: '{"topic":"orders","data":{"body":"' + text + '"}}', TEXTS)
)
BODIES = st.one_of(
    TEXT_BODIES.map(lambda text: text.encode("utf-8", "surrogatepass")),
    TEXT_BODIES.map(lambda text: text.encode("utf-8", "surrogatepass")),
    TEXT_BODIES.map(lambda text: text.encode("utf-16", "surrogatepass")),
    st.builds(lambda text, raw: text.encode("utf-8", "ignore")[:-9] + raw, TEXT_BODIES, st.binary(max_size=12)),
    st.binary(max_size=200),
    st.just(b""),
    st.integers(1, 30).map(lambda size: b'{"topic":"orders","data":{"body":"' + b"x" * (size * 100_000) + b'"}}'),
)
