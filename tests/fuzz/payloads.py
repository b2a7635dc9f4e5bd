"""Payloads of a mebibyte that are made to keep filters busy. Each holds the same small things, and one large."""

import math
from decimal import Decimal, localcontext
from typing import Any

SIZE = 1 << 20


def half_way(number: float) -> str:
    """The exact decimal half-way between the number and the next one: what takes longest to read as a float."""
    with localcontext() as context:
        context.prec = 2_000
        exact = (Decimal(number) + Decimal(math.nextafter(number, math.inf))) / 2
    digits, exponent = f"{exact:e}".replace(".", "").split("e")
    digits = digits[:990]
    return f"{digits}e{int(exponent) - len(digits) + 1}"


SMALL: dict[str, Any] = {
    "number": 10**4_299,
    "divisor": 10**2_150 + 7,
    "huge": 1.7e308,
    "tiny": 3e-308,
    "half": 1.5,
    "needle": "a" * 97 + "b" + "a",
    "long_needle": "a" * 700 + "b" + "a" * 548,
    "members": [0] * 20_000,
    "lists": [[0] * 10 for _ in range(1_000)],
    "word": "refund",
    "collisions": [each * (2**61 - 1) for each in range(150)],
}
LARGE: dict[str, Any] = {
    "zeros": [0] * (SIZE // 2),
    "digits": "1" * SIZE,
    "letters": "a" * SIZE,
    "pairs": "ab" * (SIZE // 2),
    "latin": "ü" * (SIZE // 2),
    "expanding": "ΐ" * (SIZE // 2),
    "sharp": "ß" * (SIZE // 2),
    "dotted": "İ" * (SIZE // 2),
    "alike": "ȁ" * (SIZE // 2),  # the same low byte as ā, for which it is searched first
    "sigmas": "'Σ" * (SIZE // 3),
    "emoji": "😀" * (SIZE // 4),
    "escapes": "\x85" * (SIZE // 2),
    "words": "x " * (SIZE // 2),
    "commas": "," * SIZE,
    "blanks": " " * SIZE,
    "floats": [1.2345678901234567e-300 + each * 1e-310 for each in range(SIZE // 24)],
    "numbers": [10**4_290 + each for each in range(SIZE // 4_300)],
    "objects": [{} for _ in range(SIZE // 3)],
    "items": [{"sku": str(each), "price": 1.5} for each in range(SIZE // 32)],
    "keys": {str(each): 0 for each in range(SIZE // 10)},
    "rows": [[0] * 500 for _ in range(SIZE // 1_000)],
    "halves": [half_way(5e-324) for _ in range(SIZE // 770)],
    "texts": ["a" * 1_000 for _ in range(SIZE // 1_003)],
}
PAYLOADS: dict[str, dict[str, Any]] = {name: SMALL | {"large": large} for name, large in LARGE.items()}
