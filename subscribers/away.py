"""Why the database does not answer, in one sentence."""

import psycopg
from django.db import connection

HINT = "See DATABASE_URL or SWITCH_DB_… and its log."
CONNECT_SECONDS = 2


def away(error: Exception) -> str:
    """Of an error that the database has raised."""
    text = _without_the_pool() or str(error)
    return f"The database does not answer: {' '.join(text.split()).rstrip('.')}."


def _without_the_pool() -> str:
    """What Postgres, or the way to it, says to one more try: the pool tells only that it has waited in vain."""
    if connection.vendor != "postgresql":
        return ""
    try:
        given = {"connect_timeout": CONNECT_SECONDS} | connection.get_connection_params()
        psycopg.connect(**given).close()
    except psycopg.Error as error:
        return str(error)
    return ""
