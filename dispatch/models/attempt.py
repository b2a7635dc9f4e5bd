"""One HTTP try of a delivery."""

from django.db import models
from django.db.models import Q

from dispatch.models.delivery import Delivery


class Attempt(models.Model):
    """What was sent and what came back. Secrets are masked before it is written; the body is rebuilt from the event.

    Times are milliseconds since `started_at`, cumulative; null for a phase that was not reached.
    """

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, db_index=False, related_name="tries")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    method = models.CharField(max_length=10)
    url = models.TextField()
    request_headers = models.TextField(help_text="One `Name: value` a line, secrets masked.")
    status = models.PositiveSmallIntegerField(null=True)
    error_kind = models.CharField(max_length=20, blank=True, db_default="")
    error = models.CharField(max_length=500, blank=True, db_default="")
    response_headers = models.TextField(blank=True, db_default="", help_text="One `Name: value` a line.")
    response_body = models.TextField(
        blank=True, db_default="", help_text="The first 4 KiB; bytes that are not text are escaped."
    )
    name_lookup_ms = models.FloatField(null=True)
    connect_ms = models.FloatField(null=True)
    tls_ms = models.FloatField(null=True)
    first_byte_ms = models.FloatField(null=True)
    total_ms = models.FloatField()

    class Meta:
        db_table = "attempt"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(name="attempt_delivery_number", fields=("delivery", "number")),
            models.CheckConstraint(
                name="attempt_status_or_error",
                condition=Q(status__isnull=False, error_kind="") | (Q(status__isnull=True) & ~Q(error_kind="")),
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number}"
