"""What was published."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from dispatch.identifiers import new_id


class Event(models.Model):
    """An accepted event. `payload` is JSON text, as received: JSONB would drop the order of keys and refuse NUL."""

    class FanOut(models.TextChoices):
        DONE = "done", "done"  # all of its deliveries are written
        PENDING = "pending", "pending"  # the consumer is writing them, those up to `fan_out_cursor` are there

    id = models.UUIDField(primary_key=True, default=new_id)
    topic = models.CharField(max_length=255)
    author = models.CharField(max_length=255)
    payload = models.TextField()
    size = models.PositiveIntegerField(help_text="Bytes of the payload in UTF-8.")
    attributes = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    idempotency_key = models.CharField(max_length=255, null=True)  # noqa: DJ001 - null means: none given
    received_at = models.DateTimeField(db_default=Now())
    matched = models.PositiveIntegerField(null=True, help_text="Deliveries it has; null while they are being written.")
    fan_out = models.CharField(max_length=10, choices=FanOut, db_default=FanOut.DONE)
    fan_out_cursor = models.BigIntegerField(db_default=0)
    fan_out_queued_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "event"
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(name="event_fan_out_known", condition=Q(fan_out__in=("done", "pending"))),
            models.CheckConstraint(
                name="event_matched_once_done", condition=Q(fan_out="pending") | Q(matched__isnull=False)
            ),
            models.CheckConstraint(name="event_topic_given", condition=~Q(topic="")),
            models.UniqueConstraint(
                name="event_idempotency_key",
                fields=("author", "idempotency_key"),
                condition=Q(idempotency_key__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="event_topic", fields=("topic", "-id")),
            models.Index(name="event_fan_out_pending", fields=("id",), condition=Q(fan_out="pending")),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.id}"
