from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError

import storage.evidence.tables  # noqa: F401 - the box's tables
from storage.database.base import BoxBase, CentreBase
from storage.database.engine import open_engine
from storage.database.migrate import Which, upgrade
from tests.support.databases import KINDS, centre_database, database_servers, empty_database

__all__ = ["database_servers"]
pytestmark = pytest.mark.usefixtures("database_servers")

METADATA: dict[Which, MetaData] = {"centre": CentreBase.metadata, "box": BoxBase.metadata}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("which", list(METADATA))
def test_migrations_make_exactly_the_tables_of_the_models(kind: str, which: Which, tmp_path: Path) -> None:
    engine = open_engine(empty_database(kind, tmp_path))
    upgrade(engine, which)
    upgrade(engine, which)  # a second start-up finds nothing to do
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA[which]) == []
        assert _checks(connection) == _checks_of(METADATA[which])
    engine.dispose()


def _checks(connection: object) -> set[str]:
    """Alembic does not compare CHECKs, so their names are compared here."""
    inspector = inspect(connection)
    return {
        str(check["name"])
        for table in inspector.get_table_names()  # type: ignore[union-attr]
        for check in inspector.get_check_constraints(table)  # type: ignore[union-attr]
    }


def _checks_of(metadata: MetaData) -> set[str]:
    from sqlalchemy import CheckConstraint

    return {
        str(constraint.name)
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    return open_engine(centre_database(request.param, tmp_path))


@pytest.mark.parametrize("change", ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"])
def test_the_database_itself_refuses_to_change_what_is_append_only(engine: Engine, change: str) -> None:
    row = "INSERT INTO audit_event (at, actor, action, subject, alarm, details) VALUES"
    with engine.begin() as connection:
        connection.execute(text(row + " ('2026-11-23 00:00:00', 'centre', 'a', 's', false, '{}')"))
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(change))
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT action FROM audit_event")) == "a"


def test_checks_hold_in_the_database(engine: Engine) -> None:
    row = "INSERT INTO account (id, created_at, username, name, role, failed_sign_ins) VALUES"
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(
            text(row + " ('00000000000000000000000000000001', '2026-11-23 00:00:00', 'u', 'n', 'emperor', 0)")
        )
