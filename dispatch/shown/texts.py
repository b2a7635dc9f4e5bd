"""Long texts, cut."""

#: Characters of a payload that a page shows.
PAYLOAD_SHOWN = 100_000


def cut(text: str) -> str:
    if len(text) <= PAYLOAD_SHOWN:
        return text
    return f"{text[:PAYLOAD_SHOWN]}\n… {len(text) - PAYLOAD_SHOWN:,} characters more"
