"""What operations cost, in steps of about 50 ns; each number was measured with the data that take it longest.

tests/fuzz/slowest_filter.py looks for data that take longer.
"""

from collections.abc import Callable
from typing import Any

CAUGHT = 75  # a part that is unknown: to raise and catch it
SAME = 64  # characters compared in a step
MEMBER = 5  # a member that is visited and compared
OPENED = 10  # a list or dictionary that is walked over, and be it empty
ORDERED = 8  # a member of what min and max look through
FLOAT_REMAINDER = 40  # with an operand far larger than the other
FLOAT_ROUNDED, LARGE_ROUNDED = 20, 310
WRITTEN, FLOAT_WRITTEN = 7, 40
FEW = 8  # members of a set or dictionary in the expression, of which no two can have the same hash at a great price

LARGEST_EXACT = 2.0**53


def visited(node: Any) -> int:
    """A node of what an operation walks over and compares, members of lists and dictionaries not included."""
    if isinstance(node, str):
        return 1 + len(node) // SAME
    return OPENED + MEMBER * len(node) if isinstance(node, (dict, list, tuple, set)) else 1


def hashed(node: Any) -> int:
    """A node of a key that is looked up: a part of a text is a new one, whose hash is not known yet."""
    return 1 + len(node) // 16 if isinstance(node, str) else visited(node)


def copied(kind: Any, length: int, *, is_stepped: bool = False) -> int:
    """A part of `kind` (a text, list or tuple) of this length, made new; a list touches each of its members."""
    if isinstance(kind, str):
        return 1 + length // (24 if is_stepped else SAME)
    return 1 + length // 6


def written(node: Any) -> int:
    """A node of what `str` writes out."""
    if isinstance(node, str):
        return WRITTEN + len(node) // 12
    if isinstance(node, (dict, list, tuple, set)):
        return OPENED + MEMBER * len(node)
    if isinstance(node, float):
        return FLOAT_WRITTEN
    return WRITTEN + _squared(node) if isinstance(node, int) else WRITTEN


def _squared(number: int) -> int:
    bits = number.bit_length()
    return bits * bits // 40_000


def searched(text: str, wanted: str) -> int:
    """Looking for a text in another: up to 3.4 ns a character, and more where Python's search tries every place."""
    length, sought = len(text), len(wanted)
    if sought < 2:
        return 1 + length // (256 if text.isascii() else 64)
    tries_all = length < 2_500 or (sought < 100 and length < 30_000)
    return 1 + length // 14 + (length * sought // 140 if tries_all and sought <= length else 0)


def stripped(text: str, characters: str) -> int:
    """It may look for each character of the text in all of the others; mostly it ends at the first."""
    if not text or not (text[0] in characters or text[-1] in characters):
        return 1
    return 1 + len(text) // 5 + len(text) * len(characters) // (1_600 if characters.isascii() else 80)


def stripped_of_blanks(text: str) -> int:
    return 1 + len(text) // (SAME if text.isascii() else 12)


def lowered(text: str) -> int:
    """The dotted İ is the only letter whose small form is two characters, which takes seven times as long."""
    return 1 + len(text) // 40 if text.isascii() else 1 + len(text) // 4 + text.count("İ")


def uppered(text: str) -> int:
    """A hundred letters beyond ASCII, such as ß, become two or three."""
    return 1 + (len(text) // 40 if text.isascii() else len(text))


def split_at(text: str, separator: str) -> int:
    """To count its members, and then to find them, the members themselves not included."""
    return 1 + len(text) // 48 if len(separator) == 1 else 2 * searched(text, separator)


def split_at_blanks(text: str) -> int:
    return 1 + len(text) // 2


def reckoned(operation: str, left: Any, right: Any) -> int:
    """An operation on two numbers that is dearer than a node of a loop."""
    if isinstance(left, float) or isinstance(right, float):
        return FLOAT_REMAINDER if operation in ("Mod", "FloorDiv") else 0
    if not isinstance(left, int) or not isinstance(right, int):
        return 0
    many, few = left.bit_length(), right.bit_length()
    if many + few <= 128 and operation != "Pow":
        return 0
    return (many + few) // 250 + _PRICES.get(operation, _linear)(many, few)


def _linear(many: int, few: int) -> int:
    return 0


def _divided(many: int, few: int) -> int:
    return max(0, many - few) * few // 25_000


_PRICES: dict[str, Callable[[int, int], int]] = {
    "Mod": _divided,
    "FloorDiv": _divided,
    "Mult": lambda many, few: many * few // 100_000,
    "Pow": lambda many, few: 60,
}


def read_as_int(text: str) -> int:
    return 1 + len(text) // 2


def read_as_float(text: str) -> int:
    """What lies half-way between two floats is compared with the exact half: up to 180 µs for 700 digits."""
    return 1 + len(text) // 4 + len(text) * len(text) // 130


def rounded(number: Any, digits: Any) -> int:
    if isinstance(number, int):
        return number.bit_length() // 40
    is_small = isinstance(number, float) and abs(number) < LARGEST_EXACT and isinstance(digits, int) and digits < 20
    return FLOAT_ROUNDED if is_small else LARGE_ROUNDED


def distinguished(members: int) -> int:
    """A set or dictionary of the expression, all of whose members may have the same hash."""
    return members * members // 4 if members > FEW else 0
