"""One event for one subscriber, and where it stands."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from dispatch.identifiers import new_id
from dispatch.models.event import Event
from dispatch.querysets import DeliveryQuerySet


class Delivery(models.Model):
    """One event for one subscriber. Only the statements of `dispatch.ledger` change its state."""

    class State(models.TextChoices):
        PENDING = "pending", "pending"  # due, or scheduled for later
        CLAIMED = "claimed", "claimed"  # an owner is sending it
        HELD = "held", "held"  # waits until `reason` ends
        DELIVERED = "delivered", "delivered"
        DEAD = "dead", "dead"  # given up; can be replayed
        CANCELLED = "cancelled", "cancelled"  # will not be sent

    class Reason(models.TextChoices):
        NONE = "", "—"
        PAUSED = "paused", "the subscriber is paused"
        BROKEN = "broken", "the subscriber's filter does not compile"
        CAPPED = "capped", "the subscriber has enough requests in flight"
        RATE = "rate", "the subscriber's rate limit is reached"
        BREAKER = "breaker", "the subscriber keeps failing"
        THROTTLED = "throttled", "the subscriber asked to wait"
        EXHAUSTED = "exhausted", "all retries failed"
        GONE = "gone", "the subscriber answered 410 Gone"
        PERMANENT = "permanent", "it can never succeed as it is"
        LOST = "lost", "its consumer died too often while sending it"
        DEFERRED = "deferred", "the subscriber made it wait for too long"
        DELETED = "deleted", "the subscriber was deleted"
        OPERATOR = "operator", "an operator stopped it"
        DISCARDED = "discarded", "an operator discarded the backlog"
        UNMATCHED = "unmatched", "the repaired filter does not take it"

    id = models.UUIDField(primary_key=True, default=new_id)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, db_index=False, related_name="deliveries")
    subscriber = models.ForeignKey(
        "subscribers.Subscriber", on_delete=models.PROTECT, db_index=False, related_name="deliveries"
    )
    subscriber_revision = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, db_default=State.PENDING)
    reason = models.CharField(max_length=12, choices=Reason, blank=True, db_default="")
    attempts = models.PositiveIntegerField(db_default=0, help_text="HTTP tries so far.")
    failures = models.PositiveIntegerField(db_default=0, help_text="Tries that count towards the retry limit.")
    deferred_seconds = models.FloatField(db_default=0.0, help_text="Seconds it waited because it was told to.")
    lost_claims = models.PositiveIntegerField(db_default=0, help_text="Consumers that died while they had it.")
    due_at = models.DateTimeField(db_default=Now())
    queued_at = models.DateTimeField(null=True, help_text="When a job for it was last pushed.")
    owner = models.UUIDField(null=True, help_text="The consumer that has claimed it.")
    lease_until = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=500, blank=True, db_default="")
    # Without a constraint: the id outlives its row, since receivers know the delivery by it (`webhook-id`).
    replay_of = models.ForeignKey(
        "self", null=True, on_delete=models.DO_NOTHING, db_index=False, db_constraint=False, related_name="replays"
    )
    replay = models.ForeignKey(
        "dispatch.Replay", null=True, on_delete=models.SET_NULL, db_index=False, related_name="deliveries"
    )
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        db_table = "delivery"
        ordering = ("-id",)
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(
                name="delivery_state_known",
                condition=Q(state__in=("pending", "claimed", "held", "delivered", "dead", "cancelled")),
            ),
            models.CheckConstraint(
                name="delivery_claim_has_owner",
                condition=Q(state="claimed", owner__isnull=False, lease_until__isnull=False)
                | (~Q(state="claimed") & Q(owner__isnull=True, lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="delivery_settled_has_time",
                condition=Q(state__in=("delivered", "dead", "cancelled"), settled_at__isnull=False)
                | Q(state__in=("pending", "claimed", "held"), settled_at__isnull=True),
            ),
            models.CheckConstraint(name="delivery_held_has_reason", condition=~Q(state="held", reason="")),
            models.UniqueConstraint(
                name="delivery_event_subscriber",
                fields=("event", "subscriber"),
                condition=Q(replay_of__isnull=True),
            ),
        ]
        indexes = [
            models.Index(name="delivery_due", fields=("due_at",), condition=Q(state="pending")),
            models.Index(
                name="delivery_unqueued",
                fields=("created_at",),
                condition=Q(state="pending", queued_at__isnull=True),
            ),
            models.Index(name="delivery_claimed", fields=("owner", "lease_until"), condition=Q(state="claimed")),
            # Few rows: those that a consumer takes one at a time, since they may be what kills it.
            models.Index(name="delivery_suspect", fields=("due_at",), condition=Q(state="pending", lost_claims__gte=2)),
            models.Index(name="delivery_held", fields=("subscriber", "reason", "id"), condition=Q(state="held")),
            models.Index(name="delivery_event", fields=("event", "id")),
            models.Index(name="delivery_subscriber", fields=("subscriber", "-id")),
            models.Index(name="delivery_state", fields=("state", "-id")),
            models.Index(name="delivery_replays", fields=("replay_of",), condition=Q(replay_of__isnull=False)),
            models.Index(name="delivery_replay", fields=("replay", "-id"), condition=Q(replay__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_settled(self) -> bool:
        return self.state in SETTLED


SETTLED = (Delivery.State.DELIVERED, Delivery.State.DEAD, Delivery.State.CANCELLED)
WAITING = (Delivery.State.PENDING, Delivery.State.CLAIMED, Delivery.State.HELD)
HELD_REASONS = (
    *(Delivery.Reason.PAUSED, Delivery.Reason.BROKEN, Delivery.Reason.CAPPED, Delivery.Reason.RATE),
    *(Delivery.Reason.BREAKER, Delivery.Reason.THROTTLED),
)
#: For which it was given up or cancelled, and can be replayed all the same: to a deleted subscriber nothing can.
REPLAYABLE_REASONS = (
    *(Delivery.Reason.EXHAUSTED, Delivery.Reason.GONE, Delivery.Reason.PERMANENT, Delivery.Reason.LOST),
    *(Delivery.Reason.OPERATOR, Delivery.Reason.DISCARDED, Delivery.Reason.UNMATCHED),
)
