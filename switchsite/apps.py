"""The app that wires the others: settings, their checks, the server."""

from django.apps import AppConfig


class SwitchsiteConfig(AppConfig):
    name = "switchsite"

    def ready(self) -> None:
        from switchsite import checks  # noqa: F401, PLC0415 - registering checks needs the loaded apps
