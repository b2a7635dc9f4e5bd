"""Hypothesis strategies: expressions of the filter language, and JSON for them to look at."""

from typing import Any

from hypothesis import strategies as st

KEYS = st.sampled_from(["a", "b", "c", "ü"])
TEXTS = st.text("ab 1ü", max_size=4)
NUMBERS = st.integers(-3, 5) | st.sampled_from([0.5, -1.5, 2.0, 2**70])
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
EVENTS = st.dictionaries(KEYS, JSON, min_size=1, max_size=4)

BINARY = ["({0} + {1})", "({0} - {1})", "({0} / {1})", "({0} // {1})"]
STRICT = [
    *BINARY,
    *(f"({{0}} {operator} {{1}})" for operator in ("==", "!=", "<", "<=", ">", ">=", "in", "not in")),
    "({0} is None)",
    "({0} is not True)",
    "(not {0})",
    "(-{0})",
    "({0} * 2)",
    "(3 * {0})",
    "({0} % 3)",
    "({0} ** 2)",
    "({0} ** -1)",
    "({0} if {1} else {2})",
    "[{0}, {1}]",
    "({0}, {1})",
    "{{{0}, {1}}}",
    "{{{0}: {1}}}",
    "{0}[{1}]",
    "{0}[{1}:]",
    "{0}[:{1}:2]",
    "{0}[0]",
    "{0}[-1]",
    '{0}["a"]',
    "{0}.get({1})",
    "{0}.get({1}, {2})",
    "{0}.lower()",
    "{0}.upper()",
    "{0}.strip()",
    "{0}.strip({1})",
    "{0}.startswith({1})",
    "{0}.endswith({1})",
    "{0}.split()",
    "{0}.split({1})",
    *(f"{name}({{0}})" for name in ("len", "int", "float", "str", "bool", "abs", "min", "max", "round")),
    "min({0}, {1})",
    "max({0}, {1})",
    "round({0}, 1)",
]
#: Those which three-valued logic may decide although Python would raise.
LENIENT = [
    "({0} and {1})",
    "({0} or {1})",
    "({0} and {1} and {2})",
    "({0} or {1} or {2})",
    "({0} < {1} < {2})",
    "({0} == {1} != {2})",
    "any([{0}, {1}])",
    "all([{0}, {1}])",
    "any({0})",
    "all({0})",
]
STRICT_LOOPS = ["[{1} for {name} in {0}]", "[{1} for {name} in {0} if {2}]", "[{1} for k, {name} in {0}]"]
LENIENT_LOOPS = ["any({1} for {name} in {0})", "all({1} for {name} in {0} if {2})"]


@st.composite
def expressions(draw: st.DrawFn, *, strict: bool = False, depth: int = 3, names: tuple[str, ...] = ()) -> str:
    """An expression; with `strict`, one that fails as soon as any evaluated part of it fails."""
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(_leaves(names))
    loops = [*STRICT_LOOPS, *([] if strict else LENIENT_LOOPS)]
    template = draw(st.sampled_from([*STRICT, *([] if strict else LENIENT), *loops]))
    if template not in loops:
        count = sum(f"{{{place}}}" in template for place in range(3))
        return template.format(*(draw(expressions(strict=strict, depth=depth - 1, names=names)) for _ in range(count)))
    name = draw(st.sampled_from(["x", "y"]))
    source = draw(expressions(strict=strict, depth=depth - 1, names=names))
    inner = [draw(expressions(strict=strict, depth=depth - 1, names=(*names, name))) for _ in range(2)]
    return template.format(source, *inner, name=name)


def _leaves(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    lookups = st.lists(KEYS, min_size=1, max_size=2).map(lambda keys: "data" + "".join(f'["{key}"]' for key in keys))
    constants = SCALARS.map(_literal)
    return st.one_of(lookups, lookups, lookups, constants, *([st.sampled_from(names)] if names else []))


def _literal(value: Any) -> str:
    return f"({value!r})" if isinstance(value, (int, float)) else repr(value)
