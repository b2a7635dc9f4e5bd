"""The app that knows who wants what."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from subscribers.triggers import create_triggers


class SubscribersConfig(AppConfig):
    name = "subscribers"
    verbose_name = "Subscribers"

    def ready(self) -> None:
        post_migrate.connect(create_triggers, sender=self)
