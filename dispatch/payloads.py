"""The payload of an event: JSON text in, checked data out. Pure."""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import orjson
import simplejson

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
#: RFC 9110, section 5.6.2.
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
#: RFC 9110, section 5.5 forbids CR, LF and NUL; the other control characters only make trouble on the way.
BAD_IN_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
#: What looks like a number with a fraction or an exponent; inside a string it costs a second parse and no more.
#: It begins where digits begin and never gives one back: else a text of many digits takes the square of their number.
FRACTION = re.compile(r"-?(?<!\d)\d++(?:\.\d++(?:[eE][+-]?\d++)?|[eE][+-]?\d++)")
#: An escape that stands for an ASCII character; and that of NUL, behind an even number of backslashes.
ESCAPED_ASCII = re.compile(r"\\u00[0-7]")
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
#: RFC 8259, section 2.
SPACE = re.compile(r"[ \t\n\r]*")
MAX_DEPTH = 200


class PayloadError(ValueError):
    """A payload that cannot be accepted; `place` is a path such as `data.headers.X-Id`."""

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place


def decode(body: bytes) -> str:
    """UTF-8 as text, less a byte order mark. Raises PayloadError."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PayloadError(f"It is not UTF-8: byte {error.start} cannot be read.") from error


def parse_json(text: str) -> Any:
    """JSON as Python, refusing what JSON does not know (NaN, infinities). Raises PayloadError."""
    try:
        return DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise _as_payload_error(error) from error


def is_list(text: str) -> bool:
    """Whether the JSON, if it is any, is a list."""
    return text.startswith("[", _behind_space(text, 0))


def parse_list(text: str) -> Iterator[tuple[Any, str]]:
    """The items of a JSON list one by one, each with its own text.

    Raises PayloadError as soon as it comes to a fault.
    """
    try:
        yield from _items(text, _behind_space(text, text.index("[") + 1))
    except (ValueError, RecursionError) as error:
        raise _as_payload_error(error) from error


def _items(text: str, place: int) -> Iterator[tuple[Any, str]]:
    delimiter = "]" if text.startswith("]", place) else ","
    while delimiter == ",":
        item, end = DECODER.raw_decode(text, place)
        yield item, text[place:end]
        place = _behind_space(text, end)
        delimiter = text[place : place + 1]
        if delimiter == ",":
            place = _behind_space(text, place + 1)
        elif delimiter != "]":
            raise json.JSONDecodeError("Expecting ',' delimiter", text, place)
    end = _behind_space(text, place + 1)
    if end != len(text):
        raise json.JSONDecodeError("Extra data", text, end)


def _behind_space(text: str, place: int) -> int:
    found = SPACE.match(text, place)
    return found.end() if found else place


def _as_payload_error(error: ValueError | RecursionError) -> PayloadError:
    match error:
        case PayloadError():
            return error
        case json.JSONDecodeError():
            return PayloadError(f"It is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.")
        case RecursionError():
            return PayloadError("It is nested too deep.")
    return PayloadError("It holds a number of too many digits.")  # int() refuses those of more than 4,300


def check_json(text: str, parsed: Any) -> None:
    """Raises PayloadError if `text`, of which `parsed` came, says something that two readers may read differently.

    That is a key twice in one object, or a number beyond a float.
    """
    if not _may_be_ambiguous(text, parsed):
        return
    try:
        STRICT_DECODER.decode(text)
    except RecursionError as error:
        raise PayloadError("It is nested too deep.") from error


def check_no_nul(text: str) -> None:
    """Raises PayloadError if a string of the payload, which stands in JSON as `text`, holds NUL."""
    if "\\u0000" in text and NUL.search(text):
        raise PayloadError("A string holds a NUL character (\\u0000), which many receivers cannot keep.", "data")


def _may_be_ambiguous(text: str, parsed: Any) -> bool:
    """Cheap, and never wrongly False: a key that came twice takes a colon with it, and orjson writes infinity as null.

    Strings keep theirs, unless an escape stands for one of these characters.
    """
    if "\\u00" in text and ESCAPED_ASCII.search(text):
        return True
    try:
        written = orjson.dumps(parsed)
    except TypeError:
        return True
    return written.count(b":") != text.count(":") or written.count(b"null") != text.count("null")


def _refuse_repeated(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        counts = Counter(name for name, _ in members)
        name = next(name for name, count in counts.items() if count > 1)
        raise PayloadError(f"It holds the key {name!r} twice in one object.")
    return found


def _refuse_infinite(literal: str) -> float:
    number = float(literal)
    if math.isinf(number):
        raise PayloadError(f"It holds the number {literal[:40]}, which is beyond 1.8e308.")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise PayloadError(f"It holds {name}, which is not JSON.")


DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
STRICT_DECODER = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_float=_refuse_infinite, object_pairs_hook=_refuse_repeated
)


def parse_exact(text: str, parsed: Any) -> Any:
    """`parsed` again, from the same `text`, with those fractions kept as text that a float would change.

    Only for `to_text`, which writes them back digit by digit; filters see `parsed`. Raises PayloadError.
    """
    if not _has_inexact_fraction(text):
        return parsed
    try:
        return simplejson.loads(text, parse_float=simplejson.RawJSON)
    except RecursionError as error:
        raise PayloadError("It is nested too deep.") from error


def to_text(data: Any) -> str:
    """Compact JSON of data from `parse_exact`; half characters stay escapes, as UTF-8 cannot write them."""
    try:
        return orjson.dumps(data).decode()
    except TypeError:
        # It holds what orjson does not write: a half character, a number beyond 64 bits or one that is kept as text.
        return _to_text_with_care(data)


def _to_text_with_care(data: Any) -> str:
    text: str = simplejson.dumps(data, separators=(",", ":"), ensure_ascii=False)
    if LONE_SURROGATE.search(text):
        return str(simplejson.dumps(data, separators=(",", ":"), ensure_ascii=True))
    return text


def canonical(text: str, seen: Callable[[Any], Any]) -> str:
    """The same for two JSON texts of which `seen` makes the same, whatever their spaces, escapes and order of keys."""
    return str(simplejson.dumps(seen(parse_exact(text, parse_json(text))), sort_keys=True))


def _has_inexact_fraction(text: str) -> bool:
    # An exponent is written by each in its own way, so it stays text.
    return any(repr(float(literal)) != literal or "e" in literal for literal in FRACTION.findall(text))


def check_data(data: Any, text: str) -> None:
    """Raises PayloadError unless `data`, which stands in JSON as `text`, has the form that requests are built from."""
    if not isinstance(data, dict):
        raise PayloadError(f"The payload must be an object, not {name_of(data)}.", "data")
    if text.count("[") + text.count("{") > MAX_DEPTH:
        check_depth(data)
    _check_method(data.get("http_method"))
    _check_headers(data.get("headers"))
    _check_query(data.get("query_params"))
    _check_path(data.get("path_params"))


def check_depth(data: Any) -> None:
    """Raises PayloadError if objects and lists are nested deeper than MAX_DEPTH."""
    level = [data]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node) if isinstance(child, (dict, list))]
        if not level:
            return
    raise PayloadError(f"It is nested deeper than {MAX_DEPTH} levels.", "data")


def _children(node: Any) -> Any:
    return node.values() if isinstance(node, dict) else node


def _check_method(method: Any) -> None:
    if method is not None and (not isinstance(method, str) or method.upper() not in METHODS):
        raise PayloadError(f"The method must be one of {', '.join(METHODS)}.", "data.http_method")


def _check_headers(headers: Any) -> None:
    for name, value in _object(headers, "data.headers").items():
        place = f"data.headers.{name}"
        if not TOKEN.match(name):
            raise PayloadError("A header's name may hold letters, digits and !#$%&'*+-.^_`|~ only.", place)
        if not isinstance(value, str):
            raise PayloadError(f"A header must be a string, not {name_of(value)}.", place)
        if BAD_IN_HEADER.search(value):
            raise PayloadError("A header cannot hold line breaks, NUL or other control characters.", place)
        check_characters(value, place)


def _check_query(parameters: Any) -> None:
    for name, value in _object(parameters, "data.query_params").items():
        place = f"data.query_params.{name}"
        check_characters(name, place)
        for item in value if isinstance(value, list) else [value]:
            _check_scalar(item, place)


def _check_path(parameters: Any) -> None:
    for name, value in _object(parameters, "data.path_params").items():
        _check_scalar(value, f"data.path_params.{name}")


def _check_scalar(value: Any, place: str) -> None:
    if isinstance(value, (dict, list)):
        raise PayloadError(f"It must be a string, number, true, false or null, not {name_of(value)}.", place)
    if isinstance(value, float) and math.isinf(value):
        raise PayloadError("The number is too large to stand in a URL.", place)
    if isinstance(value, str):
        check_characters(value, place)


def check_characters(value: str, place: str) -> None:
    """Raises PayloadError if `value` cannot be written as UTF-8."""
    if LONE_SURROGATE.search(value):
        raise PayloadError("It holds half a character (a lone surrogate), which UTF-8 cannot write.", place)


def _object(value: Any, place: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise PayloadError(f"It must be an object, not {name_of(value)}.", place)
    return value


def name_of(value: Any) -> str:
    """The JSON name of the value's type, with its article."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
