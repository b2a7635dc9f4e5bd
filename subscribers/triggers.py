"""Triggers that count every change of a subscriber and stamp the row with the count.

So `save`, bulk statements and plain SQL alike are seen by every process at its next publish. They are made after every
`migrate`, not by a migration: SQLite drops a table's triggers when a migration rebuilds the table.
"""

from typing import Any

from django.db import connections, transaction

# The columns that matching and delivering depend on. The counts of filter errors are not among them.
WATCHED = (
    "name, topic, filter_expression, target_url, state, state_reason, retry_limit, connect_timeout_seconds, "
    "idle_timeout_seconds, total_timeout_seconds, max_in_flight, rate_limit_per_second, secret, "
    "previous_secret, previous_secret_until, body_format, deleted_at"
)

SQLITE_BUMP = """
    INSERT INTO subscriber_version (id, number, rebuilt_at) VALUES (1, 1, 0)
        ON CONFLICT (id) DO UPDATE SET number = number + 1;
"""
SQLITE_STAMP = """
    UPDATE subscriber SET revision = (SELECT number FROM subscriber_version),
        updated_at = STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW') WHERE id = NEW.id;
"""
SQLITE = [
    *(f"DROP TRIGGER IF EXISTS subscriber_{act}" for act in ("inserted", "updated", "deleted")),
    f"CREATE TRIGGER subscriber_inserted AFTER INSERT ON subscriber BEGIN {SQLITE_BUMP} {SQLITE_STAMP} END",
    f"CREATE TRIGGER subscriber_updated AFTER UPDATE OF {WATCHED} ON subscriber BEGIN {SQLITE_BUMP} {SQLITE_STAMP} END",
    # A row that is gone cannot tell its revision: everything is to be read again.
    f"""CREATE TRIGGER subscriber_deleted AFTER DELETE ON subscriber BEGIN {SQLITE_BUMP}
        UPDATE subscriber_version SET rebuilt_at = number; END""",
]

POSTGRES = [
    """
    CREATE OR REPLACE FUNCTION subscriber_bump() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO subscriber_version AS v (id, number, rebuilt_at) VALUES (1, 1, 0)
            ON CONFLICT (id) DO UPDATE SET number = v.number + 1;
        IF TG_OP = 'DELETE' OR TG_OP = 'TRUNCATE' THEN
            UPDATE subscriber_version SET rebuilt_at = number;
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION subscriber_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.revision := (SELECT number FROM subscriber_version);
        NEW.updated_at := clock_timestamp();
        RETURN NEW;
    END $$
    """,
    # Once a statement, not once a row: the counter is one row, which a wide update would rewrite for each.
    """CREATE OR REPLACE TRIGGER subscriber_a_bump BEFORE INSERT OR DELETE OR TRUNCATE ON subscriber
        FOR EACH STATEMENT EXECUTE FUNCTION subscriber_bump()""",
    f"""CREATE OR REPLACE TRIGGER subscriber_b_bump BEFORE UPDATE OF {WATCHED} ON subscriber
        FOR EACH STATEMENT EXECUTE FUNCTION subscriber_bump()""",
    """CREATE OR REPLACE TRIGGER subscriber_c_stamp BEFORE INSERT ON subscriber
        FOR EACH ROW EXECUTE FUNCTION subscriber_stamp()""",
    f"""CREATE OR REPLACE TRIGGER subscriber_d_stamp BEFORE UPDATE OF {WATCHED} ON subscriber
        FOR EACH ROW EXECUTE FUNCTION subscriber_stamp()""",
]


def create_triggers(using: str, **kwargs: Any) -> None:
    """Receives `post_migrate`."""
    connection = connections[using]
    if "subscriber" not in connection.introspection.table_names():
        return  # migrated back to nothing
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for statement in POSTGRES if connection.vendor == "postgresql" else SQLITE:
            cursor.execute(statement)
