"""Every environment variable of Switch: its name, type, default and meaning."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from switchsite.kinds import (
    addresses,
    boolean,
    days,
    existing_file,
    fractional_days,
    log_format,
    log_level,
    natural,
    networks,
    origin,
    port,
    ports,
    positive,
    ranges,
    rate,
    request_seconds,
    seconds,
    seconds_or_never,
    sender,
    traces_exporter,
    words,
)


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable. `kind` turns its text into a value and raises ValueError if it cannot."""

    name: str
    kind: Callable[[str], Any]
    default: Any
    meaning: str


VARIABLES = (
    Variable("SWITCH_ENV_FILE", str, ".env", "File of `NAME=value` lines, read where the environment is silent."),
    Variable("SWITCH_SECRET_KEY", str, "", "Django's key: signs sessions and forms. Demanded."),
    Variable("SWITCH_JWT_SECRET", str, "", "Signs the publishers' tokens (HS256). Demanded."),
    Variable(
        "SWITCH_JWT_PREVIOUS_SECRET", str, "", "A second secret that is still accepted while the first is rotated."
    ),
    Variable("SWITCH_JWT_REQUIRE_EXPIRY", boolean, False, "Refuse tokens without `exp`."),
    Variable("SWITCH_DEBUG", boolean, False, "Django's debug mode. Never in production."),
    Variable("SWITCH_ALLOWED_HOSTS", words, ["*"], "Host names the server answers to, separated by commas."),
    Variable(
        "SWITCH_TRUSTED_ORIGINS",
        words,
        [],
        "Origins such as `https://switch.example.com` that may submit the admin's forms.",
    ),
    Variable("SWITCH_HTTPS", boolean, False, "The admin is reached by HTTPS only: secure cookies, redirect, HSTS."),
    Variable(
        "SWITCH_SIGN_IN_FAILURES", positive, 5, "Failed sign-ins of one user from one address that lock the pair."
    ),
    Variable("SWITCH_SIGN_IN_LOCK_SECONDS", seconds, 900.0, "How long it stays locked after the last of them."),
    Variable("SWITCH_SERVER_HOST", str, "127.0.0.1", "Address the web server listens on."),
    Variable("SWITCH_SERVER_PORT", port, 8000, "Port the web server listens on."),
    Variable("SWITCH_WEB_PROCESSES", positive, 1, "Processes of the web server."),
    Variable("SWITCH_WEB_THREADS", positive, 8, "Threads of one process of the web server that work on requests."),
    Variable(
        "SWITCH_WEB_CONNECTIONS",
        positive,
        10_000,
        "Connections that one process of the web server holds at once; further ones wait to be accepted.",
    ),
    Variable(
        "SWITCH_WEB_BODIES_MAX_BYTES",
        positive,
        256 << 20,
        "Bytes of requests' bodies that one process of the web server holds at once; beyond it the answer is 503.",
    ),
    Variable(
        "SWITCH_REQUEST_TIMEOUT_SECONDS",
        request_seconds,
        30.0,
        "Within which a request's head, and then its body, must be there; an idle connection is closed after it. "
        "At most 60.",
    ),
    Variable(
        "DATABASE_URL", str, "", "The database as a URL (`postgres://…`, `sqlite:///…`). Wins over `SWITCH_DB_…`."
    ),
    Variable(
        "SWITCH_DB_NAME", str, "switch.sqlite3", "SQLite file, or the database's name if `SWITCH_DB_HOST` is set."
    ),
    Variable("SWITCH_DB_USER", str, "", "Postgres user."),
    Variable("SWITCH_DB_PASSWORD", str, "", "Postgres password."),
    Variable("SWITCH_DB_HOST", str, "", "Postgres host; empty means SQLite."),
    Variable("SWITCH_DB_PORT", port, 5432, "Postgres port."),
    Variable(
        "FAKTORY_URL",
        str,
        "",
        "Faktory, as `tcp://:password@host:7419` or `tcp+tls://…`; empty means the embedded queue.",
    ),
    Variable("FAKTORY_PASSWORD", str, "", "Faktory's password, where the URL has none."),
    Variable("SWITCH_PRODUCTION_QUEUE", str, "switch_queue", "Name of the queue in Faktory."),
    Variable("SWITCH_PRODUCTION_QUEUE_NAMESPACE", str, "pubsub", "Job type in Faktory."),
    Variable(
        "SWITCH_PUSH_TIMEOUT_SECONDS",
        seconds,
        1.0,
        "How long a publish waits for Faktory before it leaves the push to the consumer.",
    ),
    Variable("SWITCH_CONSUMER_CONCURRENCY_LEVEL", positive, 256, "Requests in flight in one consumer process."),
    Variable(
        "SWITCH_SHUTDOWN_SECONDS",
        seconds,
        35.0,
        "Grace time of a consumer after SIGTERM; to be above the longest time-out of a subscriber.",
    ),
    Variable("SWITCH_EVENT_MAX_BYTES", positive, 1 << 20, "Largest payload of an event, in bytes."),
    Variable("SWITCH_BATCH_MAX_BYTES", positive, 16 << 20, "Largest body of a batch, in bytes."),
    Variable("SWITCH_BATCH_MAX_ITEMS", positive, 1000, "Most events in a batch."),
    Variable(
        "SWITCH_FAN_OUT_LIMIT",
        positive,
        500,
        "Matches, or filters to evaluate, above which the consumer writes an event's deliveries.",
    ),
    Variable(
        "SWITCH_CONNECT_TIMEOUT_SECONDS",
        seconds,
        5.0,
        "To resolve the name and connect, where the subscriber says nothing else.",
    ),
    Variable("SWITCH_IDLE_TIMEOUT_SECONDS", seconds, 15.0, "Without a byte, where the subscriber says nothing else."),
    Variable(
        "SWITCH_TOTAL_TIMEOUT_SECONDS", seconds, 30.0, "For the whole exchange, where the subscriber says nothing else."
    ),
    Variable("SWITCH_MAX_TIMEOUT_SECONDS", seconds, 60.0, "The most a subscriber may set any of them to."),
    Variable(
        "SWITCH_PAUSE_AFTER_DAYS",
        fractional_days,
        5.0,
        "A subscriber that has taken nothing for so many days is paused; 0: never.",
    ),
    Variable(
        "SWITCH_DELIVERY_NETWORKS",
        networks,
        "private",
        "`private`: subscribers may live at private and loopback addresses; `public`: they may not.",
    ),
    Variable(
        "SWITCH_DELIVERY_ALLOW",
        ranges,
        [],
        "CIDR ranges that may be called although `SWITCH_DELIVERY_NETWORKS` refuses them.",
    ),
    Variable("SWITCH_DELIVERY_DENY", ranges, [], "CIDR ranges that may never be called."),
    Variable(
        "SWITCH_DELIVERY_PORTS",
        ports,
        [],
        "Ports of databases, queues, mail and the like that may be called all the same: `6379,9200-9300`, or `all`.",
    ),
    Variable(
        "SWITCH_DELIVERY_PROXY", str, "", "Proxy for deliveries; the environment's own proxy variables never count."
    ),
    Variable(
        "SWITCH_CA_FILE",
        existing_file,
        "",
        "Certificates (PEM) trusted besides the public ones, when subscribers are called.",
    ),
    Variable(
        "SWITCH_KEEP_DELIVERED_DAYS",
        days,
        30,
        "Days that delivered deliveries are kept, and events and counters at least; 0: for ever.",
    ),
    Variable("SWITCH_KEEP_DEAD_DAYS", days, 90, "Days that dead and cancelled deliveries are kept; 0: for ever."),
    Variable(
        "SWITCH_MAX_WAITING_DELIVERIES",
        natural,
        0,
        "Waiting deliveries (pending, claimed or held) at which publishes are refused; 0: no limit.",
    ),
    Variable(
        "SWITCH_MIN_FREE_DISK_BYTES",
        natural,
        100 << 20,
        "Free bytes on the disk of SQLite's file below which publishes are refused; 0: no limit.",
    ),
    Variable(
        "SWITCH_MAX_DATABASE_BYTES", natural, 0, "Bytes of the database at which publishes are refused; 0: no limit."
    ),
    Variable(
        "SWITCH_MASK_PAYLOADS",
        boolean,
        False,
        "Show the values of payloads, and what subscribers answered, only to those who may change subscribers.",
    ),
    Variable(
        "SWITCH_ALERT_WEBHOOK_URL", str, "", "Where alerts are posted; empty: nowhere. Guarded as deliveries are."
    ),
    Variable(
        "SWITCH_ALERT_WEBHOOK_SECRET",
        str,
        "",
        "Signs these posts in the form of Standard Webhooks: `whsec_…` (shared) or `whsk_…` (Ed25519).",
    ),
    Variable(
        "SWITCH_ALERT_MAIL_TO", addresses, [], "Whom alerts are mailed to, separated by commas; needs `EMAIL_URL`."
    ),
    Variable("SWITCH_ALERT_MAIL_FROM", sender, "switch@localhost", "The sender of these mails."),
    Variable(
        "EMAIL_URL",
        str,
        "",
        "The mail server: `smtp+tls://user:password@host:587` (STARTTLS), `smtp+ssl://…:465` or `smtp://…:25`.",
    ),
    Variable(
        "SWITCH_ALERT_FAILING_SECONDS",
        seconds,
        600.0,
        "A subscriber that has taken nothing for so long, though it was tried, is alerted of.",
    ),
    Variable("SWITCH_ALERT_BACKLOG_SECONDS", seconds, 300.0, "So late may the oldest due delivery be before an alert."),
    Variable(
        "SWITCH_ALERT_LASTING_SECONDS",
        seconds,
        60.0,
        "So long must a condition be seen before it is told, and be gone before it is over.",
    ),
    Variable(
        "SWITCH_ALERT_REPEAT_SECONDS",
        seconds_or_never,
        14_400.0,
        "After so long an alert that is not over is told again; 0: never.",
    ),
    Variable(
        "SWITCH_PUBLIC_URL",
        origin,
        "",
        "Where people reach the hub, such as `https://switch.example.com`: alerts link to its admin.",
    ),
    Variable("SWITCH_METRICS_TOKEN", str, "", "What `GET /metrics` wants to be told; empty: nothing."),
    Variable(
        "SWITCH_API_RATE",
        rate,
        "1200/min",
        "Requests of one caller to the management API, counted by each web process.",
    ),
    Variable(
        "SWITCH_API_TEST_RATE",
        rate,
        "60/min",
        "Of these: tests of subscribers, explanations and back-tests, each of which costs more.",
    ),
    Variable("SWITCH_API_SIGN_IN_RATE", rate, "30/min", "Sign-ins from one address at `/api/v1/token`."),
    Variable("SWITCH_LOG_LEVEL", log_level, "INFO", "DEBUG, INFO, WARNING or ERROR."),
    Variable("SWITCH_LOG_FORMAT", log_format, "text", "`text`: lines for people; `json`: one JSON object a line."),
    Variable(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        str,
        "",
        "Collector that takes OTLP over HTTP, such as `http://collector:4318`; setting it turns traces on.",
    ),
    Variable(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        str,
        "",
        "The same with the whole path, for traces alone: `http://collector:4318/v1/traces`.",
    ),
    Variable(
        "OTEL_TRACES_EXPORTER",
        traces_exporter,
        "",
        "`otlp` turns traces on, to `http://localhost:4318` if no endpoint is set; `none` turns them off.",
    ),
)
