"""How machines get into the management API, and what they have created there."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from dispatch.scopes import scope_problem


def validate_scopes(scopes: object) -> None:
    if not isinstance(scopes, list) or not scopes or not all(isinstance(scope, str) for scope in scopes):
        raise ValidationError("Give at least one scope.", code="scopes_missing")
    if problem := scope_problem(scopes):
        raise ValidationError(problem, code="scope_unknown")


class ApiKey(models.Model):
    """A machine's right to the management API. The key itself is shown once, and only its hash is kept."""

    name = models.CharField(max_length=100, unique=True, help_text="Which machine holds it.")
    prefix = models.CharField(max_length=12, editable=False, help_text="How the key begins.")
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the key, in hex.")
    scopes = models.JSONField(default=list, validators=[validate_scopes], help_text="What it may do.")
    created_by = models.CharField(max_length=150, blank=True, db_default="", editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the minute.")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: it holds until it is deleted.")

    class Meta:
        db_table = "api_key"
        ordering = ("name",)
        verbose_name = "API key"
        constraints = [models.CheckConstraint(name="api_key_named", condition=~Q(name=""))]

    def __str__(self) -> str:
        return self.name

    def holds_at(self, moment: datetime) -> bool:
        return self.expires_at is None or moment < self.expires_at


class Creation(models.Model):
    """A subscriber that was created under an idempotency key, so that the same request answers it again."""

    actor = models.CharField(max_length=200, help_text="Who created it: keys of others do not count.")
    key = models.CharField(max_length=255)
    content = models.CharField(max_length=64, help_text="SHA-256 of what was asked for, in hex.")
    subscriber = models.ForeignKey("subscribers.Subscriber", on_delete=models.CASCADE, related_name="creations")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "creation"
        constraints = [models.UniqueConstraint(name="creation_key", fields=("actor", "key"))]

    def __str__(self) -> str:
        return self.key
