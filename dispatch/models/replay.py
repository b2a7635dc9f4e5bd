"""An operator's wish to send much again, carried out by the consumers step by step."""

from uuid import UUID

from django.db import models
from django.db.models import F, Q

from dispatch.identifiers import new_id


class Replay(models.Model):
    """Which deliveries to replay, or which past events to deliver to a new subscriber, how fast, and how far it is."""

    class Kind(models.TextChoices):
        REPLAY = "replay", "replay"  # settled deliveries, each sent again as a new one
        BACKFILL = "backfill", "backfill"  # past events, for a subscriber that did not exist then

    class Status(models.TextChoices):
        RUNNING = "running", "running"
        STOPPED = "stopped", "stopped"
        DONE = "done", "done"

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=10, choices=Kind, db_default=Kind.REPLAY)
    status = models.CharField(max_length=10, choices=Status, db_default=Status.RUNNING)
    subscriber = models.ForeignKey(
        "subscribers.Subscriber", null=True, on_delete=models.CASCADE, related_name="replays_of_it"
    )
    topic = models.CharField(max_length=255, blank=True, db_default="", help_text="Empty: every topic.")
    state = models.CharField(max_length=10, blank=True, db_default="", help_text="Empty: every settled state.")
    reason = models.CharField(max_length=12, blank=True, db_default="", help_text="Of the delivery. Empty: any.")
    status_from = models.PositiveSmallIntegerField(null=True, help_text="Last status; null: any, or none.")
    status_to = models.PositiveSmallIntegerField(null=True, help_text="Inclusive.")
    error = models.CharField(max_length=20, blank=True, db_default="", help_text="Of the last attempt. Empty: any.")
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    rate_per_second = models.FloatField(null=True, help_text="Empty: as fast as it goes.")
    requested_by = models.CharField(max_length=150, blank=True, db_default="")
    idempotency_key = models.CharField(
        max_length=255, blank=True, db_default="", help_text="Whoever asked repeats the request under it."
    )
    content = models.CharField(
        max_length=64, blank=True, db_default="", help_text="SHA-256 of what was asked for under the key, in hex."
    )
    total = models.PositiveIntegerField(null=True, help_text="Counted in advance; null if too many to count.")
    done = models.PositiveIntegerField(db_default=0)
    refused = models.JSONField(default=dict, help_text="How many were left out, by reason.")
    cursor = models.UUIDField(null=True, help_text="The last delivery or event that was looked at.")
    narrow_cursor = models.UUIDField(
        null=True,
        help_text="Likewise, of a narrow one: a version that does not know what narrows it cannot move this.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    advanced_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "replay"
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(name="replay_kind_known", condition=Q(kind__in=("replay", "backfill"))),
            models.CheckConstraint(name="replay_status_known", condition=Q(status__in=("running", "stopped", "done"))),
            models.CheckConstraint(
                name="replay_backfill_has_subscriber", condition=~Q(kind="backfill") | Q(subscriber__isnull=False)
            ),
            models.CheckConstraint(
                name="replay_statuses_in_order",
                condition=Q(status_from__isnull=True, status_to__isnull=True)
                | Q(status_to__isnull=False, status_from__lte=F("status_to")),
            ),
            models.UniqueConstraint(
                name="replay_key", fields=("requested_by", "idempotency_key"), condition=~Q(idempotency_key="")
            ),
            # A consumer of the version before would send more than is asked for: by this it fails instead.
            models.CheckConstraint(
                name="replay_narrow_moves_its_own_cursor",
                condition=Q(reason="", status_from__isnull=True, error="") | Q(cursor__isnull=True),
            ),
        ]
        indexes = [models.Index(name="replay_running", fields=("id",), condition=Q(status="running"))]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def is_running(self) -> bool:
        return self.status == self.Status.RUNNING

    @property
    def has_criteria(self) -> bool:
        """Without any it is a replay of deliveries that were chosen one by one, done at once."""
        return bool(self.subscriber_id or self.topic or self.state or self.since or self.until) or self.is_narrow

    @property
    def is_narrow(self) -> bool:
        """Whether a reason, a status or an error is asked for."""
        return bool(self.reason or self.error) or self.status_from is not None

    @property
    def looked_until(self) -> UUID | None:
        """The last delivery or event that was looked at."""
        return self.narrow_cursor if self.is_narrow else self.cursor

    @property
    def left_out(self) -> int:
        return sum(self.refused.values())
