"""Attempts counted by minute, topic and subscriber."""

from django.db import models


class MinuteCounter(models.Model):
    """Attempts that ended in one minute, folded from the ledger by the reconciler.

    `latencies` counts attempts by bucket of `total_ms`, with the upper bounds of `BUCKET_BOUNDS_MS` and one above.
    """

    BUCKET_BOUNDS_MS = (5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000)

    id = models.BigAutoField(primary_key=True)
    minute = models.DateTimeField()
    topic = models.CharField(max_length=255)
    subscriber = models.ForeignKey("subscribers.Subscriber", on_delete=models.CASCADE, related_name="+")
    delivered = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    latencies = models.JSONField()

    class Meta:
        db_table = "minute_counter"
        constraints = [
            models.UniqueConstraint(name="minute_counter_cell", fields=("minute", "topic", "subscriber")),
        ]

    def __str__(self) -> str:
        return f"{self.minute:%Y-%m-%d %H:%M} {self.topic}"
