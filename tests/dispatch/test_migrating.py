"""An index is added to the ledger, and removed, on either database; on Postgres beside those who write."""

import pytest
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader
from django.test.utils import CaptureQueriesContext

from dispatch.migrating import AddIndexConcurrently

NAME = "delivery_of_a_test"


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, "delivery"))


@pytest.mark.django_db(transaction=True)
def test_an_index_comes_and_goes() -> None:
    before = MigrationLoader(connection).project_state()
    operation = AddIndexConcurrently("delivery", models.Index(fields=["last_status"], name=NAME))
    after = before.clone()
    operation.state_forwards("dispatch", after)
    with CaptureQueriesContext(connection) as queries:
        with connection.schema_editor(atomic=False) as editor:
            operation.database_forwards("dispatch", editor, before, after)
        assert NAME in indexes()
        with connection.schema_editor(atomic=False) as editor:
            operation.database_backwards("dispatch", editor, after, before)
    assert NAME not in indexes()
    made = [query["sql"] for query in queries if NAME in query["sql"]]
    assert any("CONCURRENTLY" in each for each in made) == (connection.vendor == "postgresql")
