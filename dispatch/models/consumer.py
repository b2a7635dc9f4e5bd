"""The processes that deliver, and who of them does what only one may do."""

from django.db import models
from django.db.models.functions import Now

from dispatch.identifiers import new_id


class Consumer(models.Model):
    """A consumer process. It writes `beat_at` every few seconds; once that is stale, its claims are lost."""

    id = models.UUIDField(primary_key=True, default=new_id)
    host = models.CharField(max_length=255)
    process_id = models.PositiveIntegerField()
    queue = models.CharField(max_length=20)
    concurrency = models.PositiveIntegerField()
    in_flight = models.PositiveIntegerField(db_default=0)
    delivered = models.BigIntegerField(db_default=0)
    is_stopping = models.BooleanField(db_default=False)
    started_at = models.DateTimeField(db_default=Now())
    beat_at = models.DateTimeField(db_default=Now())
    progressed_at = models.DateTimeField(db_default=Now(), help_text="When it last recorded, or found nothing to do.")

    class Meta:
        db_table = "consumer"
        ordering = ("-beat_at",)

    def __str__(self) -> str:
        return f"{self.host}:{self.process_id}"


class Lease(models.Model):
    """A task that one process at a time may do, such as reconciling."""

    name = models.CharField(max_length=50, primary_key=True)
    owner = models.UUIDField()
    until = models.DateTimeField()

    class Meta:
        db_table = "lease"

    def __str__(self) -> str:
        return self.name
