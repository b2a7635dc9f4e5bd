"""Who wants what: subscribers, and the counter that tells every process that they changed."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from subscribers.querysets import SubscriberQuerySet
from subscribers.records import SubscriberRecords
from subscribers.validators import (
    validate_filter_expression,
    validate_name,
    validate_secret,
    validate_target_url,
    validate_timeout,
    validate_topic,
)

TIMEOUTS = ("connect_timeout_seconds", "idle_timeout_seconds", "total_timeout_seconds")
#: What the settings or a newer version may refuse where an older row has it.
STANDING = ("name", "target_url", *TIMEOUTS)


class Subscriber(models.Model):
    """Wants the events of a topic for which its filter expression holds.

    Everything but topic, filter expression and target URL has a database default, so that plain SQL can seed rows.
    Database triggers stamp `revision` and bump `SubscriberVersion` at every change that matters to matching.
    """

    class State(models.TextChoices):
        ACTIVE = "active", "active"
        PAUSED = "paused", "paused"

    class Format(models.TextChoices):
        PLAIN = "plain", "plain"
        STRUCTURED = "cloudevents_structured", "CloudEvents, structured"
        BINARY = "cloudevents_binary", "CloudEvents, binary"

    name = models.CharField(
        max_length=100,
        blank=True,
        db_default="",
        validators=[validate_name],
        help_text="A short name for people; unique if given.",
    )
    topic = models.CharField(
        max_length=255,
        validators=[validate_topic],
        help_text="A topic, such as order.created, or a pattern: order.* for all that begin so, * for every topic.",
    )
    filter_expression = models.TextField(
        blank=True,
        db_default="",
        validators=[validate_filter_expression],
        help_text='An expression over data, such as data["body"]["total"] > 100. Empty: every event of the topic.',
    )
    target_url = models.CharField(
        max_length=2048,
        validators=[validate_target_url],
        help_text="Where its events are sent. A path segment or query value :name takes the event's path parameter.",
    )
    state = models.CharField(max_length=10, choices=State, db_default=State.ACTIVE)
    state_reason = models.CharField(max_length=500, blank=True, db_default="", help_text="Why it is paused.")
    retry_limit = models.PositiveSmallIntegerField(
        db_default=25,
        validators=[MaxValueValidator(100)],
        help_text="Retries after a first failure, before a delivery is dead. 25 take about three weeks.",
    )
    connect_timeout_seconds = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0.1), validate_timeout],
        help_text="Empty: the hub's default.",
    )
    idle_timeout_seconds = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0.1), validate_timeout],
        help_text="Empty: the hub's default.",
    )
    total_timeout_seconds = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0.1), validate_timeout],
        help_text="Empty: the hub's default.",
    )
    max_in_flight = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Requests at once from one consumer process. Empty: an eighth of its slots.",
    )
    rate_limit_per_second = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0.01)],
        help_text="Requests a second from all consumers together. Empty: no limit.",
    )
    secret = models.CharField(
        max_length=255,
        blank=True,
        db_default="",
        validators=[validate_secret],
        help_text="If set, requests carry Standard Webhooks signatures.",
    )
    previous_secret = models.CharField(max_length=255, blank=True, db_default="", editable=False)
    previous_secret_until = models.DateTimeField(null=True, editable=False)
    body_format = models.CharField(
        "format",
        max_length=25,
        choices=Format,
        db_default=Format.PLAIN,
        help_text="Plain: the payload's body as it is. CloudEvents: with the attributes of version 1.0.",
    )
    revision = models.BigIntegerField(db_default=0, editable=False)
    filter_error_count = models.BigIntegerField(db_default=0, editable=False)
    last_filter_error = models.CharField(max_length=500, db_default="", editable=False)
    last_filter_error_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = SubscriberQuerySet.as_manager()
    history = SubscriberRecords()

    class Meta:
        db_table = "subscriber"
        ordering = ("topic", "id")
        constraints = [
            models.CheckConstraint(name="subscriber_state_known", condition=Q(state__in=("active", "paused"))),
            models.CheckConstraint(
                name="subscriber_format_known",
                condition=Q(body_format__in=("plain", "cloudevents_structured", "cloudevents_binary")),
            ),
            models.CheckConstraint(name="subscriber_topic_given", condition=~Q(topic="")),
            models.CheckConstraint(name="subscriber_target_url_given", condition=~Q(target_url="")),
            models.UniqueConstraint(
                name="subscriber_name_unique",
                fields=("name",),
                condition=Q(deleted_at__isnull=True) & ~Q(name=""),
                violation_error_message="Another subscriber has this name.",
            ),
        ]
        indexes = [
            models.Index(name="subscriber_topic", fields=("topic", "id"), condition=Q(deleted_at__isnull=True)),
            models.Index(name="subscriber_name", fields=("name", "id"), condition=Q(deleted_at__isnull=True)),
            models.Index(name="subscriber_revision", fields=("revision",)),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.topic} → {self.target_url}"

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """What is STANDING in the row already is not judged again: its other fields stay writable, whatever is set."""
        try:
            super().clean_fields(exclude)
        except ValidationError as error:
            standing = self._standing() & error.error_dict.keys()
            if not standing:
                raise
            super().clean_fields({*(exclude or ()), *standing})

    def _standing(self) -> set[str]:
        """Those of the STANDING fields that are as they are stored."""
        stored = type(self).objects.filter(pk=self.pk).values(*STANDING).first() if self.pk else None
        return {name for name in STANDING if stored and getattr(self, name) == stored[name]}

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        """Deletes softly: its deliveries keep pointing at it."""
        return type(self).objects.filter(pk=self.pk).delete()

    @property
    def is_paused(self) -> bool:
        return self.state == self.State.PAUSED


class SubscriberVersion(models.Model):
    """One row that counts the changes of all subscribers; `rebuilt_at` is the count at the last call for a full read.

    Written by the triggers of the subscriber table and by `refresh`, never by hand.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)
    rebuilt_at = models.BigIntegerField(default=0)

    class Meta:
        db_table = "subscriber_version"
        constraints = [models.CheckConstraint(name="subscriber_version_single_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"subscribers at change {self.number}"
