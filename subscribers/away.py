"""Why the database did not do what was asked, in one sentence: it does not answer, or it has refused."""

from contextlib import closing

from django.db import Error, connection

from subscribers.drivers import driver

HINT = "See DATABASE_URL or SWITCH_DB_… and its log."
CONNECT_SECONDS = 2


def away() -> str:
    """Why the database, or the way to it, does not answer one more try; empty if it answers."""
    try:
        _ask()
    except (Error, driver().Error) as error:
        return f"The database does not answer: {_sentence(error)}"
    return ""


def refused(error: Exception) -> str:
    """Of an error that the database has raised."""
    return f"The database refused it: {_sentence(error)}"


def _ask() -> None:
    if connection.vendor == "postgresql":
        # Past the pool, which tells only that it has waited in vain.
        given = {"connect_timeout": CONNECT_SECONDS} | connection.get_connection_params()
        with driver().connect(**given) as fresh:
            fresh.execute("SELECT 1")
        return
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute("SELECT 1")


def _sentence(error: Exception) -> str:
    return f"{' '.join(str(error).split()).rstrip('.')}."
