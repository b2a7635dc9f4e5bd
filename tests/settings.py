"""Django's settings for the tests: the project's own, read from an environment of the tests' choosing."""

import os
import tempfile

# Nothing of the developer's own environment or .env file counts.
for name in [name for name in os.environ if name.startswith(("SWITCH_", "FAKTORY_", "EMAIL_"))]:
    if not name.startswith(("SWITCH_TEST_", "SWITCH_REQUIRE_")):
        del os.environ[name]
if os.environ.get("SWITCH_TEST_DATABASE") != "postgres":
    os.environ.pop("DATABASE_URL", None)
os.environ |= {
    "SWITCH_ENV_FILE": os.devnull,
    "SWITCH_SECRET_KEY": "a key that protects nothing but the tests of this project",
    "SWITCH_JWT_SECRET": "a secret that signs nothing but the tokens of these tests",
    "SWITCH_DB_NAME": os.path.join(tempfile.mkdtemp(prefix="switch-tests-"), "default.sqlite3"),
}

from switchsite.settings import *  # noqa: E402, F403 - the settings under test, read from the environment above

if "sqlite" in DATABASES["default"]["ENGINE"]:  # noqa: F405
    # A file, not memory: threads and processes of the tests share it as they do in production.
    DATABASES["default"]["TEST"] = {"NAME": f"{DATABASES['default']['NAME']}.test"}  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
