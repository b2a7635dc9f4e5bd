"""The WSGI application. Its start runs the system checks, which WSGI servers otherwise never do."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "switchsite.settings")

from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.core.wsgi import get_wsgi_application

browsers = get_wsgi_application()

from switchsite.web.handling import Application  # noqa: E402 - models can be imported only now that Django is set up

application = Application(browsers)

try:
    call_command("check")
except SystemCheckError as error:
    sys.exit(str(error))
