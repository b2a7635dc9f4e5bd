"""Counts as people read them. Pure."""


def quantity(number: int, one: str, many: str = "") -> str:
    """Such as: 1 event; 1,204 events."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
