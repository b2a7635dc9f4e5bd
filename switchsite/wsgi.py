"""The WSGI application. Its start runs the system checks, which WSGI servers otherwise never do."""

import io
import logging
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "switchsite.settings")

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.core.wsgi import get_wsgi_application

browsers = get_wsgi_application()

from switchsite.web.handling import Application  # noqa: E402 - models can be imported only now that Django is set up

application = Application(browsers)

try:
    if settings.SWITCH_LOG_FORMAT == "json":
        with io.StringIO() as said:
            call_command("check", stdout=said, stderr=said)
            logging.getLogger(__name__).info(said.getvalue().strip())
    else:
        call_command("check")
except SystemCheckError as error:
    sys.exit(str(error))
