"""The app that wires the others: settings, their checks, the server, the roles."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class SwitchsiteConfig(AppConfig):
    name = "switchsite"

    def ready(self) -> None:
        # Registering checks and naming permissions need the loaded apps.
        from switchsite import checks, roles  # noqa: F401, PLC0415

        # After the last of the apps that roles name; the permissions of each are made before, by django.contrib.auth.
        post_migrate.connect(roles.create_roles, sender=apps.get_app_config("dispatch"))
