"""The admin's app, whose modules are loaded with the URLs, and not by a consumer: it serves no page."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib.admin import autodiscover
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core.checks import CheckMessage, Tags, register


class AdminConfig(SimpleAdminConfig):
    """In the place of Django's own, of which each process loads all."""

    def ready(self) -> None:
        register(check_dependencies, Tags.admin)
        register(check_admin, Tags.admin)


def check_admin(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Django's checks of all that is registered, in a process that has loaded no URLs yet too."""
    autodiscover()
    return check_admin_app(app_configs, **kwargs)
