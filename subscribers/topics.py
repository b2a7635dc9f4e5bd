"""The names of topics, and the patterns that subscribers may have instead: `order.*` for all that begin so."""

WILDCARD = "*"


def is_pattern(topic: str) -> bool:
    return topic.endswith(WILDCARD)


def pattern_problem(topic: str) -> str:
    """What is wrong with a subscriber's topic as a pattern; empty if nothing is."""
    if WILDCARD not in topic[:-1]:
        return ""
    return "A * stands for anything, and only at the end: order.* for all topics that begin with order."


def name_problem(topic: str) -> str:
    """What is wrong with the name of a topic on which an event is published; empty if nothing is."""
    return "The topic holds a *, which only a subscriber's pattern can have." if WILDCARD in topic else ""
