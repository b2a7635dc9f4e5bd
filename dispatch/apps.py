"""The app that knows what is sent, to whom, and with what result."""

from importlib import import_module

from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "dispatch"
    verbose_name = "Event hub"

    def ready(self) -> None:
        # drf-spectacular knows its extensions once they are imported; before the apps are ready they cannot be.
        import_module("dispatch.api.described")
