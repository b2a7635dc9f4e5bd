"""The topics that are known, each found by one look into an index, whatever the number of events on it."""

from django.db import connection

# One look into each index for a topic, where DISTINCT would walk through every event:
# https://wiki.postgresql.org/wiki/Loose_indexscan
NEXT_PUBLISHED = "(SELECT MIN(topic) FROM event WHERE topic > {after})"
NEXT_WANTED = "(SELECT MIN(topic) FROM subscriber WHERE topic > {after} AND deleted_at IS NULL)"
WALK = """
WITH RECURSIVE known(topic) AS (
    SELECT {first}
    UNION ALL
    SELECT {following} FROM known WHERE known.topic IS NOT NULL
)
SELECT topic FROM known WHERE topic IS NOT NULL LIMIT %s
"""


def published_topics(limit: int, after: str = "") -> list[str]:
    """Topics of the events behind `after`, in the order of their names."""
    first, following = (NEXT_PUBLISHED.format(after=after) for after in ("%s", "known.topic"))
    return _walk(first, following, [after, limit])


def known_topics(limit: int, after: str = "") -> list[str]:
    """Likewise, those that subscribers want among them; these may be patterns."""
    first, following = (_smaller(after) for after in ("%s", "known.topic"))
    return _walk(first, following, [after, after, limit])


def _smaller(after: str) -> str:
    both = (NEXT_PUBLISHED.format(after=after), NEXT_WANTED.format(after=after))
    return f"(SELECT MIN(topic) FROM (SELECT {both[0]} AS topic UNION ALL SELECT {both[1]}) AS both_of_them)"  # noqa: S608 - constants


def _walk(first: str, following: str, parameters: list[str | int]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(WALK.format(first=first, following=following), parameters)
        return [row[0] for row in cursor.fetchall()]
