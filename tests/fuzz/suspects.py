"""Expressions written out to be dear: each operation in a loop, with what suits it worst. Breeding passes over many."""

from collections.abc import Iterator

from tests.fuzz.payloads import PAYLOADS

#: What a turn of a loop over twenty thousand members does; the payload's large part is not touched.
TURNS = (
    *('x["a"] == 1', "x == 1", "[x] == [1]", "[[x]] == [[1]]", "{x} == {1}", "{x: x} == {1: 1}", "{} == {1: 1}"),
    *("0 <= x < x + 1 <= 0", "x == x == 1 == 1 == 1", 'data["members"] < x < x', "x or x or x or x or x or x"),
    *('data["missing"]', 'data["missing"] or data["missing"]', "x[0]", "len(x)", "x.lower()", "-(-(-(-len(x))))"),
    *('""[:9]', '""[:]', 'data["word"][x:9:2] == ""', "[][:1]", '"a".startswith("b")', '"a".split(",") == 1'),
    *('"a" in "b"', '"ab" in "ba"', "1 in (2, 3)", "[1] in [[2]]", "(0,) in data", 'data.get("z", 0)'),
    *("str(x) == 1", "str([x]) == 1", "str({}) == 1", "str(0.1) == 1", 'str(data["collisions"]) == 1'),
    *("min([x])", "max(x, x, x)", "round(x, 1)", "round(1.7e308, 300) == 0", "float(x)", 'float("0")', 'int("0")'),
    *('data["divisor"] // 7 == 0', 'data["divisor"] // 10 ** 1000 == 0', 'data["divisor"] % 2 ** 2000 == 0'),
    *('data["number"] // data["divisor"] == 0', "1.7e308 % 3e-308 == 1", "10 ** 300 < 1.5", "2.5 ** x == 0"),
    *('-data["number"] - data["number"] == 0', 'data["number"] / data["divisor"] == 0', "x * 2", '"a" * 2 == ""'),
    *("any(y for y in [x])", "any([x])", "[y for y in [x]] == 1", 'any(y for y in data["members"] if data["z"])'),
)
LOOPS = (
    'any(0 for x in data["members"] if x)',
    'any(x for y in data["lists"] for x in y for z in [0])',
    'any(0 for x in data["members"] for ((a, b), c) in [((0, 0), 0)])',
    'any(0 for x in data["members"] for a, b in [0])',
    'any(0 for x in data["members"] for a in 1)',
)
#: What a turn does with the large part of the payload, whatever that is.
LARGE_TURNS = (
    *('data["large"].strip()', 'data["large"].strip(data["large"][:1])', 'data["large"][:900].strip("vwxyzab")'),
    *('data["large"][:1000].upper() == 1', 'data["large"][:1000].lower() == 1', 'data["large"].split(" ", 1) == 1'),
    *('data["large"][:1000].split() == 1', 'data["large"][:1000].split("a") == 1', 'str(data["large"][:100]) == 1'),
    *('data["large"][:90000] == 1', 'data["large"][:90000:2] == 1', 'data["large"][::-1] == 1'),
    *('data["large"] == data["large"][:]', 'data["large"][:90] in data', '{data["large"][:100]: 1} == 1'),
    *('"ā" in data["large"]', '"b" in data["large"]', '"ab" in data["large"][:29000]', '1.5 in data["large"]'),
    *('(data["large"][0],) in data', 'data["large"][:2000] < data["large"][1:2001]'),
    *('data["needle"] in data["large"][:29000]', 'data["long_needle"] in data["large"][:2499]', "data == data"),
)
LARGE = (
    *('len(data["large"].split()) == 1', 'min(data["large"]) == 1', 'str(data["large"]) == 1', 'any(data["large"])'),
    *(f'data["large"][:{n}] == data["large"][1:{n + 1}]' for n in (5_000, 7_000, 15_000, 30_000, 99_000)),
    *(f'str(data["large"][:{n}]) == 1' for n in (1_300, 4_000, 8_000)),
    *(f'any({turn} for x in data["large"])' for turn in ("str(x) == 1", "float(x) == 1", "x.lower() == 1", "{x: 1}")),
)


def suspects() -> Iterator[tuple[str, str]]:
    """Expressions, each with the name of a payload."""
    for turn in TURNS:
        yield f'any({turn} for x in data["members"])', "zeros"
    for loop in LOOPS:
        yield loop, "zeros"
    for name in PAYLOADS:
        for turn in LARGE_TURNS:
            yield f'any({turn} for x in data["members"])', name
        for expression in LARGE:
            yield expression, name
