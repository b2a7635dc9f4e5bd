"""Requests as bytes: every path, method, token and header, framed well or badly."""

import time
from dataclasses import dataclass
from enum import StrEnum
from uuid import uuid4

import jwt
from hypothesis import strategies as st

from tests.fuzz.bodies import BODIES, TEXTS
from tests.servers.hub import SECRET

OTHER_SECRET = "another secret, as long as one that signs has to be"


class Framing(StrEnum):
    LENGTH = "length"
    CHUNKED = "chunked"
    SHORT = "short"  # more is announced than comes
    LONG = "long"  # less is announced than comes
    NO_LENGTH = "no_length"
    BROKEN = "broken"  # no length that can be read


@dataclass(frozen=True)
class Request:
    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    framing: Framing

    @property
    def is_sound(self) -> bool:
        """Whether it is HTTP as it should be, so that an answer must come."""
        return self.framing in (Framing.LENGTH, Framing.CHUNKED)

    def wire(self) -> bytes:
        lines = [self.method + b" " + self.target + b" HTTP/1.1"]
        lines += [name + b": " + value for name, value in [*self.headers, *self._framing_headers()]]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self._framed_body()

    def _framing_headers(self) -> list[tuple[bytes, bytes]]:
        size = len(self.body)
        match self.framing:
            case Framing.LENGTH:
                return [(b"Content-Length", str(size).encode())]
            case Framing.SHORT:
                return [(b"Content-Length", str(size + 7).encode())]
            case Framing.LONG:
                return [(b"Content-Length", str(size // 2).encode())]
            case Framing.CHUNKED:
                return [(b"Transfer-Encoding", b"chunked")]
            case Framing.BROKEN:
                return [(b"Content-Length", b"-1" if size % 2 else b"9" * 30)]
        return []

    def _framed_body(self) -> bytes:
        if self.framing != Framing.CHUNKED:
            return self.body
        pieces = [self.body[start : start + 50_000] for start in range(0, len(self.body), 50_000)]
        return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def _signed(claims: dict[str, object], secret: str = SECRET, algorithm: str = "HS256") -> bytes:
    return b"Bearer " + jwt.encode(claims, secret, algorithm=algorithm).encode()


GOOD = _signed({"author": "fuzz"})
TOKENS = st.one_of(
    st.just(GOOD),
    st.just(GOOD),
    st.just(GOOD),
    st.sampled_from(
        [
            *(b"", b"Bearer", b"bearer  x.y.z", b"Basic Zm9vOmJhcg==", b"Bearer " + b"a" * 5_000, b"Bearer \xff\xfe"),
            *(_signed({}), _signed({"Author": "fuzz", "iat": int(time.time())}), GOOD.lower(), GOOD[:-3], GOOD + b" x"),
            *(_signed({"author": "fuzz"}, OTHER_SECRET), _signed({"author": "fuzz", "exp": 1})),
            *(_signed({"author": "fuzz", "nbf": 2**40}), _signed({"author": "fuzz", "exp": 10**400})),
            *(_signed({"author": 7}), _signed({"author": "a\0"}), _signed({"author": "a" * 300}), _signed({"sub": 7})),
            *(_signed({"author": "fuzz", "topics": ["orders"]}), _signed({"author": "fuzz", "topics": "orders"})),
            *(_signed({"author": "fuzz"}, SECRET * 2, "HS512"), b"Bearer " + jwt.encode({}, "", "none").encode()),
        ]
    ),
    st.binary(max_size=30).map(lambda raw: b"Bearer " + _line(raw)),
)


def _line(raw: bytes) -> bytes:
    """Without what would end the line or be refused by every server."""
    return bytes(byte for byte in raw if byte >= 0x20 and byte != 0x7F).strip()


VALUES = st.binary(max_size=30).map(_line) | TEXTS.map(lambda text: _line(text.encode("utf-8", "surrogatepass")))
EXTRA = st.lists(
    st.tuples(
        st.sampled_from([b"Content-Type", b"Accept", b"X-Forwarded-For", b"X-Forwarded-Proto", b"Cookie"]), VALUES
    )
    | st.tuples(st.sampled_from([b"Idempotency-Key", b"Idempotency-Key", b"Content-Encoding", b"X-Id"]), VALUES)
    | st.sampled_from(
        [
            *((b"Content-Type", b"multipart/form-data; boundary="), (b"Content-Type", b"text/plain; charset=utf-7")),
            *((b"Accept", b"text/html"), (b"Accept", b"*/*;q=x"), (b"Content-Encoding", b"gzip")),
            *((b"X-HTTP-Method-Override", b"DELETE"), (b"X-Forwarded-Host", b"a b"), (b"Range", b"bytes=0-0")),
            (b"Cookie", b"sessionid=x; csrftoken=" + b"y" * 2_000),
        ]
    ),
    max_size=3,
)
HOSTS = st.sampled_from(
    [b"127.0.0.1"] * 6 + [b"switch.example", b"a b", b"[::1", b"", b"evil@x", b"x" * 300, b"a:99999"]
)
EVENT_IDS = st.sampled_from([str(uuid4()), str(uuid4()).upper(), "x", "", "0" * 36, "%00", "..", "a" * 3_000, "%ff"])
TARGETS = st.one_of(
    st.just("/publish"),
    st.just("/publish"),
    st.just("/publish"),
    st.sampled_from(
        ["/refresh", "/healthz", "/readyz", "/", "/publish/", "//publish", "/publish/../refresh", "/events"]
    ),
    EVENT_IDS.map(lambda each: f"/events/{each}"),
    st.sampled_from(
        ["/publish?a=%00", "/healthz?x=" + "y" * 3_000, "/%70ublish", "/publish%00", "/%ff%fe", "/readyz;a=b"]
    ),
    st.text("abc/%.0123456789-_~?&=;:@", max_size=20).map(lambda text: f"/{text}"),
).map(str.encode)
METHODS = st.sampled_from(
    [*[b"POST"] * 6, *[b"GET"] * 3, *(b"PUT", b"PATCH", b"DELETE", b"HEAD", b"OPTIONS", b"TRACE", b"PROPFIND", b"post")]
)
FRAMINGS = st.sampled_from([*[Framing.LENGTH] * 8, *[Framing.CHUNKED] * 2, *Framing])


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Half of them publishes by POST with a good token; the others anything."""
    host = (b"Host", draw(HOSTS))
    if draw(st.booleans()):
        headers = [host, (b"Authorization", GOOD), *draw(EXTRA)]
        return Request(b"POST", b"/publish", headers, draw(BODIES), draw(FRAMINGS))
    token = draw(TOKENS)
    headers = [host, *([(b"Authorization", token)] if token else []), *draw(EXTRA)]
    return Request(draw(METHODS), draw(TARGETS), headers, draw(BODIES), draw(FRAMINGS))
