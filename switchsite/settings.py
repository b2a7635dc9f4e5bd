"""Django's settings. What an operator may change stands in variables.py, and is read by environment.py alone."""

from datetime import timedelta

from django.utils.crypto import salted_hmac

from switchsite import environment
from switchsite.databases import database
from switchsite.environment import value
from switchsite.logs import FORMATTERS
from switchsite.mail import mail_problem, mail_settings
from switchsite.theme import UNFOLD  # noqa: F401 - Django's settings are the names of this module

SECRET_KEY = value("SWITCH_SECRET_KEY") or "unset"  # checks.py refuses to run with it.
DEBUG = value("SWITCH_DEBUG")
ALLOWED_HOSTS = value("SWITCH_ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = value("SWITCH_TRUSTED_ORIGINS")

BASE_DIR = environment.BASE_DIR

SWITCH_JWT_SECRET: str = value("SWITCH_JWT_SECRET")
SWITCH_JWT_PREVIOUS_SECRET: str = value("SWITCH_JWT_PREVIOUS_SECRET")
SWITCH_JWT_REQUIRE_EXPIRY: bool = value("SWITCH_JWT_REQUIRE_EXPIRY")
SWITCH_HTTPS: bool = value("SWITCH_HTTPS")
SWITCH_SERVER_HOST: str = value("SWITCH_SERVER_HOST")
SWITCH_SERVER_PORT: int = value("SWITCH_SERVER_PORT")
SWITCH_WEB_PROCESSES: int = value("SWITCH_WEB_PROCESSES")
SWITCH_WEB_THREADS: int = value("SWITCH_WEB_THREADS")
SWITCH_WEB_CONNECTIONS: int = value("SWITCH_WEB_CONNECTIONS")
SWITCH_WEB_BODIES_MAX_BYTES: int = value("SWITCH_WEB_BODIES_MAX_BYTES")
SWITCH_REQUEST_TIMEOUT_SECONDS: float = value("SWITCH_REQUEST_TIMEOUT_SECONDS")
FAKTORY_URL: str = value("FAKTORY_URL")
FAKTORY_PASSWORD: str = value("FAKTORY_PASSWORD")
SWITCH_PRODUCTION_QUEUE: str = value("SWITCH_PRODUCTION_QUEUE")
SWITCH_PRODUCTION_QUEUE_NAMESPACE: str = value("SWITCH_PRODUCTION_QUEUE_NAMESPACE")
SWITCH_PUSH_TIMEOUT_SECONDS: float = value("SWITCH_PUSH_TIMEOUT_SECONDS")
SWITCH_CONSUMER_CONCURRENCY_LEVEL: int = value("SWITCH_CONSUMER_CONCURRENCY_LEVEL")
SWITCH_SHUTDOWN_SECONDS: float = value("SWITCH_SHUTDOWN_SECONDS")
SWITCH_EVENT_MAX_BYTES: int = value("SWITCH_EVENT_MAX_BYTES")
SWITCH_BATCH_MAX_BYTES: int = value("SWITCH_BATCH_MAX_BYTES")
SWITCH_BATCH_MAX_ITEMS: int = value("SWITCH_BATCH_MAX_ITEMS")
SWITCH_FAN_OUT_LIMIT: int = value("SWITCH_FAN_OUT_LIMIT")
SWITCH_CONNECT_TIMEOUT_SECONDS: float = value("SWITCH_CONNECT_TIMEOUT_SECONDS")
SWITCH_IDLE_TIMEOUT_SECONDS: float = value("SWITCH_IDLE_TIMEOUT_SECONDS")
SWITCH_TOTAL_TIMEOUT_SECONDS: float = value("SWITCH_TOTAL_TIMEOUT_SECONDS")
SWITCH_MAX_TIMEOUT_SECONDS: float = value("SWITCH_MAX_TIMEOUT_SECONDS")
SWITCH_PAUSE_AFTER_DAYS: float = value("SWITCH_PAUSE_AFTER_DAYS")
SWITCH_DELIVERY_NETWORKS: str = value("SWITCH_DELIVERY_NETWORKS")
SWITCH_DELIVERY_ALLOW: list[str] = value("SWITCH_DELIVERY_ALLOW")
SWITCH_DELIVERY_DENY: list[str] = value("SWITCH_DELIVERY_DENY")
SWITCH_DELIVERY_PORTS: list[range] = value("SWITCH_DELIVERY_PORTS")
SWITCH_DELIVERY_PROXY: str = value("SWITCH_DELIVERY_PROXY")
SWITCH_CA_FILE: str = value("SWITCH_CA_FILE")
SWITCH_KEEP_DELIVERED_DAYS: int = value("SWITCH_KEEP_DELIVERED_DAYS")
SWITCH_KEEP_DEAD_DAYS: int = value("SWITCH_KEEP_DEAD_DAYS")
SWITCH_MAX_WAITING_DELIVERIES: int = value("SWITCH_MAX_WAITING_DELIVERIES")
SWITCH_MIN_FREE_DISK_BYTES: int = value("SWITCH_MIN_FREE_DISK_BYTES")
SWITCH_MAX_DATABASE_BYTES: int = value("SWITCH_MAX_DATABASE_BYTES")
SWITCH_MASK_PAYLOADS: bool = value("SWITCH_MASK_PAYLOADS")
SWITCH_ALERT_WEBHOOK_URL: str = value("SWITCH_ALERT_WEBHOOK_URL")
SWITCH_ALERT_WEBHOOK_SECRET: str = value("SWITCH_ALERT_WEBHOOK_SECRET")
SWITCH_ALERT_MAIL_TO: list[str] = value("SWITCH_ALERT_MAIL_TO")
SWITCH_ALERT_MAIL_FROM: str = value("SWITCH_ALERT_MAIL_FROM")
SWITCH_ALERT_FAILING_SECONDS: float = value("SWITCH_ALERT_FAILING_SECONDS")
SWITCH_ALERT_BACKLOG_SECONDS: float = value("SWITCH_ALERT_BACKLOG_SECONDS")
SWITCH_ALERT_LASTING_SECONDS: float = value("SWITCH_ALERT_LASTING_SECONDS")
SWITCH_ALERT_REPEAT_SECONDS: float = value("SWITCH_ALERT_REPEAT_SECONDS")
SWITCH_PUBLIC_URL: str = value("SWITCH_PUBLIC_URL")
EMAIL_URL: str = value("EMAIL_URL")
SWITCH_METRICS_TOKEN: str = value("SWITCH_METRICS_TOKEN")
SWITCH_LOG_LEVEL: str = value("SWITCH_LOG_LEVEL")
SWITCH_LOG_FORMAT: str = value("SWITCH_LOG_FORMAT")
TRACES_EXPORTER: str = value("OTEL_TRACES_EXPORTER")
TRACES_ENDPOINT: str = value("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or value("OTEL_EXPORTER_OTLP_ENDPOINT")

# Django reads the e-mail settings under their own names; checks.py refuses a URL that gives none.
if EMAIL_URL and mail_problem(EMAIL_URL) is None:
    globals().update(mail_settings(EMAIL_URL))
#: An alert's mail server that hangs keeps the other alerts waiting so long.
EMAIL_TIMEOUT = 8

INSTALLED_APPS = [
    "unfold",
    "switchsite.admin_config.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "axes",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "simple_history",
    "switchsite",
    "subscribers",
    "dispatch",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "switchsite.policy.content_security_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "subscribers.acting.acting_middleware",
    "dispatch.viewing.viewing_middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "switchsite.urls"
WSGI_APPLICATION = "switchsite.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "switchsite" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]

# Failures are counted in the database: so they count for all web processes, and over a restart.
AXES_FAILURE_LIMIT = value("SWITCH_SIGN_IN_FAILURES")
AXES_COOLOFF_TIME = timedelta(seconds=value("SWITCH_SIGN_IN_LOCK_SECONDS"))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "switchsite.sign_in.client_address"
AXES_LOCKOUT_CALLABLE = "switchsite.sign_in.locked_out"
AXES_SENSITIVE_PARAMETERS = ["username"]  # in the log: it is where a password lands that was typed a field too early
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["switchsite.formats"]

STATIC_URL = "static/"
# A subscriber's changes are looked up by its id, never by their date alone.
SIMPLE_HISTORY_DATE_INDEX = False

# Static files are served from the packages themselves, so that nothing has to be collected before a start.
WHITENOISE_USE_FINDERS = True

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["dispatch.authentication.PublisherAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "dispatch.negotiation.AlwaysTheFirst",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "dispatch.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "dispatch.api.schema.HubSchema",
    "DEFAULT_THROTTLE_RATES": {
        "api": value("SWITCH_API_RATE"),
        "api_tests": value("SWITCH_API_TEST_RATE"),
        "api_sign_in": value("SWITCH_API_SIGN_IN_RATE"),
    },
    # What a client says of its own address counts only where a proxy is in front, and then only what that has seen.
    "NUM_PROXIES": 1 if SWITCH_HTTPS else 0,
}

# Tokens of staff users. Publishers' tokens bring a key and rules of their own: dispatch/tokens.py.
SIMPLE_JWT = {
    "SIGNING_KEY": salted_hmac("switch.staff", "tokens", secret=SECRET_KEY, algorithm="sha256").hexdigest(),
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=10),
    "REFRESH_TOKEN_LIFETIME": timedelta(hours=12),
    "ISSUER": "switch",
    "AUDIENCE": "switch-api",
    "USER_AUTHENTICATION_RULE": "dispatch.api.authentication.is_staff",
    # A changed password ends the tokens that the old one gave.
    "CHECK_REVOKE_TOKEN": True,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Switch",
    "VERSION": "1.0.0",
    "DESCRIPTION": "A self-hosted event hub: publish once, and a row in a table decides who hears of it.",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "SecretKind": [("shared", "shared"), ("ed25519", "ed25519")],
        "ReplayKind": "dispatch.models.Replay.Kind",
        "DeliveryState": "dispatch.models.Delivery.State",
        "SubscriberState": "subscribers.models.Subscriber.State",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# The parser enforces the limits of an event and of a batch; this one only must not be in their way.
DATA_UPLOAD_MAX_MEMORY_SIZE = value("SWITCH_BATCH_MAX_BYTES") + (1 << 20)

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SWITCH_HTTPS
#: They name settings of Django that all follow from SWITCH_HTTPS; switch.W004 tells of that.
SILENCED_SYSTEM_CHECKS = [] if SWITCH_HTTPS else [f"security.{each}" for each in ("W004", "W008", "W012", "W016")]
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = value("SWITCH_HTTPS")
# Publishers inside the network may go on using plain HTTP: a redirect would lose their POST.
SECURE_REDIRECT_EXEMPT = [r"^publish$", r"^events/", r"^refresh$", r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if value("SWITCH_HTTPS") else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = value("SWITCH_HTTPS")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if value("SWITCH_HTTPS") else None
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": FORMATTERS[SWITCH_LOG_FORMAT]},
    "filters": {"refusals": {"()": "switchsite.logs.RefusalsInOneLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": value("SWITCH_LOG_LEVEL")},
    "loggers": {
        "django.request": {"filters": ["refusals"]},
        # The pool tells of every attempt to connect; that the database is away, we say once.
        "psycopg.pool": {"level": "ERROR"},
        # So does the exporter of traces, whose collector we tell of: dispatch/tracing/exporting.py.
        "opentelemetry.exporter": {"level": "CRITICAL"},
        "opentelemetry.sdk._shared_internal": {"level": "CRITICAL"},
    },
}
