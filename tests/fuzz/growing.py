"""Filter expressions out of genes: the same genes give the same expression, and a few other genes a similar one."""

import random
from collections.abc import Sequence
from itertools import islice

Genes = tuple[int, ...]
KINDS = 251

LEAVES = (
    *("0", "1", "-1", "2.5", "300", "10 ** 300", '"a"', '"b"', '"aaaab"', '","', '" "', '"ā"', '""', "None", "True"),
    *("[]", "data"),
    *(f'data["{name}"]' for name in ("large", "large", "large", "number", "divisor", "huge", "tiny", "half")),
    *(f'data["{name}"]' for name in ("needle", "long_needle", "members", "members", "lists", "word", "collisions")),
    'data["missing"]',
)
FORMS = (
    *(f"({{}} {operator} {{}})" for operator in ("+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", ">=")),
    *(f"({{}} {operator} {{}})" for operator in ("in", "in", "not in", "and", "or", "or")),
    *("(not {})", "(-{})", "({} is None)", "({} < {} < {})", "({} == {} == {} == {})", "({} if {} else {})"),
    *("[{}]", "[{}, {}]", "({}, {})", "({},)", "{{{}, {}}}", "{{{}: {}}}", "[{}] * 50000", "({},) * 50000"),
    *("{}[{}]", "{}[0]", "{}[1:]", "{}[:90000]", "{}[:29999]", "{}[:2499]", "{}[::-1]", "{}[{}:{}]"),
    *(f"{name}({{}})" for name in ("len", "int", "float", "str", "str", "bool", "abs", "min", "max", "any", "all")),
    *("round({})", "round({}, 300)", "round({}, -300)", "min({}, {})", "max({}, {}, {})"),
    *("{}.get({})", "{}.get({}, {})", "{}.lower()", "{}.upper()", "{}.strip()", "{}.strip({})", "{}[:90000:2]"),
    *("{}.startswith({})", "{}.endswith({})", "{}.split()", "{}.split({})", "{}.split({}, 1)"),
)
LOOPS = (
    *("any({element} for {name} in {source})", "all({element} for {name} in {source})"),
    *("[{element} for {name} in {source}]", "any({element} for {name} in [{source}] for every in {source2})"),
    *("[{element} for {name} in {source} if {condition}]", "any([{element} for {name} in {source}])"),
    *("any({element} for {name} in [{source}] for every in data[{members}])",) * 3,
)
NAMES = ("x", "y", "z")


def expression_of(genes: Genes) -> str:
    return _Growing(genes).grow(5, ())


class _Growing:
    def __init__(self, genes: Genes) -> None:
        self._genes = iter(genes)

    def grow(self, depth: int, names: tuple[str, ...]) -> str:
        kind = self._next() % 8 if depth else 0
        if kind < 2:
            return self._one_of((*LEAVES, *names, *names, *names))
        if kind > 5 and len(names) < len(NAMES):
            return self._loop(depth, names)
        form = self._one_of(FORMS)
        return form.format(*(self.grow(depth - 1, names) for _ in range(form.count("{}"))))

    def _loop(self, depth: int, names: tuple[str, ...]) -> str:
        name, source = NAMES[len(names)], self.grow(depth - 1, names)
        inner = (*names, name)
        return self._one_of(LOOPS).format(
            name=name,
            source=source,
            source2='data["members"]',
            members='"members"',
            element=self.grow(depth - 1, inner),
            condition=self.grow(1, inner),
        )

    def _one_of(self, choices: Sequence[str]) -> str:
        return choices[self._next() % len(choices)]

    def _next(self) -> int:
        return next(self._genes, 0)


def random_genes(random: random.Random) -> Genes:
    return tuple(random.randrange(KINDS) for _ in range(random.randrange(4, 50)))


def offspring(one: Genes, other: Genes, random: random.Random) -> Genes:
    """The beginning of one and the end of the other, with some genes changed."""
    mixed = [*islice(one, random.randrange(len(one) + 1)), *other[random.randrange(len(other) + 1) :]]
    child = mixed if mixed and random.random() < 0.4 else list(one)
    for _ in range(random.randrange(1, 4)):
        child[random.randrange(len(child))] = random.randrange(KINDS)
    return tuple(child[:60])
