"""What is wrong with the hub and concerns its operators, and what was, or is to be, said of it to whom."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from dispatch.identifiers import new_id


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> "AlertQuerySet":
        """Those that are not over; some of them have not lasted long enough to be told."""
        return self.filter(ended_at__isnull=True)

    def told(self) -> "AlertQuerySet":
        return self.filter(told_at__isnull=False)


class Alert(models.Model):
    """One condition from its beginning to its end. `key` names what and whom; one of a key is open at a time."""

    class Kind(models.TextChoices):
        FAILING = "failing", "subscriber fails"
        PAUSED = "paused", "subscriber paused by the hub"
        BACKLOG = "backlog", "deliveries late"
        DEAD = "dead", "deliveries given up"
        STALLED = "stalled", "no consumer makes progress"

    id = models.UUIDField(primary_key=True, default=new_id)
    key = models.CharField(max_length=50)
    kind = models.CharField(max_length=10, choices=Kind)
    subscriber = models.ForeignKey("subscribers.Subscriber", null=True, on_delete=models.CASCADE, related_name="alerts")
    sentence = models.CharField(max_length=1000, help_text="As it stood when it was last looked at.")
    since = models.DateTimeField(help_text="Since when it is so, as far as the ledger knows.")
    noticed_at = models.DateTimeField(help_text="When it was first seen.")
    told_at = models.DateTimeField(null=True, help_text="When it was last told, or told again.")
    cleared_at = models.DateTimeField(null=True, help_text="Since when it is seen no more.")
    ended_at = models.DateTimeField(null=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        db_table = "alert"
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="alert_kind_known", condition=Q(kind__in=("failing", "paused", "backlog", "dead", "stalled"))
            ),
            models.UniqueConstraint(name="alert_open_once", fields=("key",), condition=Q(ended_at__isnull=True)),
        ]
        indexes = [models.Index(name="alert_ended", fields=("ended_at",), condition=Q(ended_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.id}"


class Notice(models.Model):
    """One message about an alert by one channel, kept until it is sent. Its id is the webhook's `webhook-id`."""

    class Channel(models.TextChoices):
        WEBHOOK = "webhook", "webhook"
        MAIL = "mail", "mail"

    class Occasion(models.TextChoices):
        OPENED = "opened", "it began"
        CONTINUES = "continues", "it goes on"
        OVER = "over", "it is over"

    id = models.UUIDField(primary_key=True, default=new_id)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="notices")
    channel = models.CharField(max_length=10, choices=Channel)
    occasion = models.CharField(max_length=10, choices=Occasion)
    sentence = models.CharField(max_length=1000)
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(null=True, help_text="When it is to be tried; null once it is sent or given up.")
    tries = models.PositiveSmallIntegerField(db_default=0)
    sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True, db_default="")

    class Meta:
        db_table = "alert_notice"
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(name="alert_notice_channel_known", condition=Q(channel__in=("webhook", "mail"))),
            models.CheckConstraint(
                name="alert_notice_occasion_known", condition=Q(occasion__in=("opened", "continues", "over"))
            ),
        ]
        indexes = [
            models.Index(name="alert_notice_waiting", fields=("channel", "id"), condition=Q(due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.occasion} by {self.channel}"
