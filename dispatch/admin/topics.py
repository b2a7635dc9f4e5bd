"""The topics of the events, to choose from."""

from typing import Any

from django.contrib import admin
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest

from dispatch.models import Event

TOPICS_SHOWN = 100

# One look into the index for each topic, where DISTINCT would walk through every event:
# https://wiki.postgresql.org/wiki/Loose_indexscan
TOPICS = """
WITH RECURSIVE known(topic) AS (
    SELECT MIN(topic) FROM event
    UNION ALL
    SELECT (SELECT MIN(topic) FROM event WHERE topic > known.topic) FROM known WHERE known.topic IS NOT NULL
)
SELECT topic FROM known WHERE topic IS NOT NULL LIMIT %s
"""


def event_topics() -> list[str]:
    """The first topics in the order of their names."""
    with connection.cursor() as cursor:
        cursor.execute(TOPICS, [TOPICS_SHOWN])
        return [row[0] for row in cursor.fetchall()]


class TopicFilter(admin.SimpleListFilter):
    title = "topic"
    parameter_name = "topic"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(topic, topic) for topic in event_topics()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(topic=self.value()) if self.value() else queryset
