"""The app that knows what is sent, to whom, and with what result."""

from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "dispatch"
    verbose_name = "Event hub"
