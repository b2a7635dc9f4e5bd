"""What the reconciling consumer has counted of the ledger, so that no page and no scrape has to."""

from django.db import models

#: Upper bounds of the buckets that durations are counted in, in milliseconds; one more bucket is above them all.
BUCKET_BOUNDS_MS = (5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 3_600_000)


class AttemptCounter(models.Model):
    """Attempts that began in one minute. `result` is the status, or the kind of error; `bucket` that of `total_ms`."""

    id = models.BigAutoField(primary_key=True)
    minute = models.DateTimeField()
    topic = models.CharField(max_length=255)
    subscriber = models.ForeignKey(
        "subscribers.Subscriber", on_delete=models.CASCADE, db_index=False, related_name="attempt_counters"
    )
    result = models.CharField(max_length=20)
    bucket = models.PositiveSmallIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        db_table = "attempt_counter"
        constraints = [
            models.UniqueConstraint(
                name="attempt_counter_cell", fields=("minute", "subscriber", "topic", "result", "bucket")
            ),
        ]
        indexes = [models.Index(name="attempt_counter_subscriber", fields=("subscriber", "-minute"))]

    def __str__(self) -> str:
        return f"{self.minute:%Y-%m-%d %H:%M} {self.topic} {self.result}"


class EventCounter(models.Model):
    """Events that were accepted in one minute, and the deliveries that they have brought."""

    id = models.BigAutoField(primary_key=True)
    minute = models.DateTimeField()
    topic = models.CharField(max_length=255)
    author = models.CharField(max_length=255)
    events = models.PositiveIntegerField()
    deliveries = models.PositiveBigIntegerField()

    class Meta:
        db_table = "event_counter"
        constraints = [
            models.UniqueConstraint(name="event_counter_cell", fields=("minute", "topic", "author")),
        ]

    def __str__(self) -> str:
        return f"{self.minute:%Y-%m-%d %H:%M} {self.topic}"


class DelayCounter(models.Model):
    """Deliveries that arrived in one minute, by the bucket of the time since they were due for the first time."""

    id = models.BigAutoField(primary_key=True)
    minute = models.DateTimeField()
    topic = models.CharField(max_length=255)
    bucket = models.PositiveSmallIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        db_table = "delay_counter"
        constraints = [models.UniqueConstraint(name="delay_counter_cell", fields=("minute", "topic", "bucket"))]

    def __str__(self) -> str:
        return f"{self.minute:%Y-%m-%d %H:%M} {self.topic}"


class Total(models.Model):
    """Counts since the ledger began, which no pruning lowers."""

    name = models.CharField(max_length=30)
    label = models.CharField(max_length=30, blank=True)
    count = models.BigIntegerField()

    class Meta:
        db_table = "total"
        constraints = [models.UniqueConstraint(name="total_name_label", fields=("name", "label"))]

    def __str__(self) -> str:
        return f"{self.name} {self.label}"


class Position(models.Model):
    """Up to which row, in the order of ids, a table of the ledger was counted."""

    name = models.CharField(max_length=30, primary_key=True, help_text="The table.")
    last_id = models.CharField(max_length=40)

    class Meta:
        db_table = "position"

    def __str__(self) -> str:
        return f"{self.name} up to {self.last_id}"
