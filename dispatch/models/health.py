"""What the hub knows of how a subscriber answers, shared by all processes through the database."""

from django.db import models
from django.db.models import Q


class Health(models.Model):
    """A row for each subscriber that has failed lately, asked to wait, or has a rate limit; none means: all is well.

    The breaker is `closed`, `open` until `open_until`, or `half_open`: one probe is on its way, and if nothing has come
    of it by `open_until`, another may be sent.
    """

    class Breaker(models.TextChoices):
        CLOSED = "closed", "closed"
        OPEN = "open", "open"
        HALF_OPEN = "half_open", "half-open"

    class Cause(models.TextChoices):
        NONE = "", "—"
        FAILURES = "failures", "it kept failing"
        THROTTLED = "throttled", "it asked to wait"

    subscriber = models.OneToOneField(
        "subscribers.Subscriber", primary_key=True, on_delete=models.CASCADE, related_name="health"
    )
    breaker = models.CharField(max_length=10, choices=Breaker, db_default=Breaker.CLOSED)
    cause = models.CharField(max_length=10, choices=Cause, blank=True, db_default=Cause.NONE)
    open_until = models.DateTimeField(null=True)
    opened_in_a_row = models.PositiveIntegerField(db_default=0, help_text="Times it opened without a success since.")
    failures_in_a_row = models.PositiveIntegerField(db_default=0)
    window_started_at = models.DateTimeField(null=True, help_text="Since when tries are counted for the failure rate.")
    window_failures = models.PositiveIntegerField(db_default=0)
    window_tries = models.PositiveIntegerField(db_default=0)
    failing_since = models.DateTimeField(null=True, help_text="First failure since its last success.")
    rate_due_at = models.DateTimeField(null=True, help_text="When the rate limit has no debt left (GCRA).")

    class Meta:
        db_table = "health"
        constraints = [
            models.CheckConstraint(
                name="health_breaker_known", condition=Q(breaker__in=("closed", "open", "half_open"))
            ),
            models.CheckConstraint(
                name="health_open_until_when_open",
                condition=Q(breaker="closed", open_until__isnull=True)
                | (~Q(breaker="closed") & Q(open_until__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(name="health_failing", fields=("failing_since",), condition=Q(failing_since__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"breaker {self.breaker}"
