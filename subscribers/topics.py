"""The names of topics, and the patterns that subscribers may have instead: `order.*` for all that begin so.

A name stands in headers, logs and lists, so it holds nothing that would break a line.
"""

import re

WILDCARD = "*"
#: Control characters, and the separators of lines and paragraphs.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def is_pattern(topic: str) -> bool:
    return topic.endswith(WILDCARD)


def covers(pattern: str, topic: str) -> bool:
    """Whether the name of a topic is `pattern`, or begins as it does, if it is one."""
    return topic.startswith(pattern[:-1]) if is_pattern(pattern) else topic == pattern


def patterns_of(topic: str) -> list[str]:
    """All patterns that a topic matches: *, o*, or* and so on."""
    return [topic[:length] + WILDCARD for length in range(len(topic) + 1)]


def pattern_problem(topic: str) -> str:
    """What is wrong with a subscriber's topic as a pattern; empty if nothing is."""
    if WILDCARD not in topic[:-1]:
        return ""
    return "A * stands for anything, and only at the end: order.* for all topics that begin with order."


def name_problem(topic: str) -> str:
    """What is wrong with the name of a topic on which an event is published; empty if nothing is."""
    return "The topic holds a *, which only a subscriber's pattern can have." if WILDCARD in topic else ""


def control_in(topic: str) -> str | None:
    """The first control character of `topic` as `U+000A`, or None."""
    found = CONTROL.search(topic)
    return f"U+{ord(found[0]):04X}" if found else None


def slip_in(topic: str) -> str:
    """What is allowed in a subscriber's topic, but hardly meant; empty if nothing is."""
    meant = topic.strip()
    if topic == meant:
        return ""
    return f"The blanks around {topic!r} are part of it, and events published on {meant!r} do not go here."
