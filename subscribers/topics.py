"""Topics, and the patterns that subscribers may have instead: `order.*` for all that begin with `order.`."""

WILDCARD = "*"


def is_pattern(topic: str) -> bool:
    return topic.endswith(WILDCARD)


def pattern_problem(topic: str) -> str:
    """What is wrong with a topic as a pattern, or an empty string."""
    if WILDCARD in topic[:-1]:
        return "A * stands for anything, and only at the end of a topic, as in order.*"
    return ""
