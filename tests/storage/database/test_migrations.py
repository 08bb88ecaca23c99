from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

import storage.evidence.tables  # noqa: F401 - the box's tables
from storage.database.base import BoxBase, CentreBase
from storage.database.engine import open_engine
from storage.database.migrate import Which, configuration, upgrade
from storage.evidence import log, merkle
from supervisor.audit.log import tree_of
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


def test_a_log_from_before_the_tree_gets_its_tree(tmp_path: Path) -> None:
    engine = open_engine(empty_database("sqlite", tmp_path))
    _upgrade_to(engine, "box", "0002")
    bodies = [f'{{"at":{number},"kind":"boot"}}' for number in range(1100)]
    with engine.begin() as connection:
        rows = [{"idx": number, "body": body} for number, body in enumerate(bodies)]
        connection.execute(
            text("INSERT INTO log_entry (idx, kind, body, sha256) VALUES (:idx, 'boot', :body, 'x')"), rows
        )
    upgrade(engine, "box")
    with Session(engine) as session:
        assert log.tree(session).root(len(bodies)) == _root(bodies)
        log.append(session, {"kind": "boot", "at": 1})
        assert log.size(session) == len(bodies) + 1


@pytest.mark.parametrize("kind", KINDS)
def test_logs_that_the_centre_holds_from_before_get_their_trees(kind: str, tmp_path: Path) -> None:
    engine = open_engine(empty_database(kind, tmp_path))
    _upgrade_to(engine, "centre", "0001")
    box = UUID("00000000-0000-4000-8000-000000000001")
    bodies = [f'{{"at":{number},"kind":"boot"}}' for number in range(5)]
    at = datetime(2026, 11, 23, tzinfo=UTC)
    with Session(engine) as session, session.begin():
        tables = CentreBase.metadata.tables
        for name in ("institution", "site", "box"):
            parent = {"site": {"institution_id": box}, "box": {"site_id": box, "log_size": 5}}.get(name, {})
            session.execute(tables[name].insert().values(id=box, created_at=at, name="x", **parent))
        for number, body in enumerate(bodies):
            row = {"box_id": box, "idx": number, "received_at": at, "kind": "boot", "body": body, "sha256": "x"}
            session.execute(tables["log_entry"].insert().values(row))
    upgrade(engine, "centre")
    with Session(engine) as session:
        assert tree_of(session, str(box)).root(len(bodies)) == _root(bodies)
    engine.dispose()


def _upgrade_to(engine: Engine, which: Which, revision: str) -> None:
    with engine.begin() as connection:
        config = configuration(which)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _root(bodies: list[str]) -> bytes:
    nodes = dict(merkle.growth(0, [merkle.leaf_hash(body.encode()) for body in bodies], lambda _: {}))
    return merkle.root(len(bodies), lambda keys: {key: nodes[key] for key in keys})


@pytest.mark.parametrize("kind", KINDS)
def test_the_administrator_of_before_is_the_system_administrator_and_still_signed_in(kind: str, tmp_path: Path) -> None:
    engine = open_engine(empty_database(kind, tmp_path))
    _upgrade_to(engine, "centre", "0007")
    one = UUID("00000000-0000-4000-8000-000000000001")
    at = datetime(2026, 11, 23, tzinfo=UTC)
    tables = CentreBase.metadata.tables
    with Session(engine) as session, session.begin():
        person = {"username": "a", "name": "某", "role": "admin", "failed_sign_ins": 0}
        session.execute(tables["account"].insert().values(id=one, created_at=at, **person))
        signed_in = {"token_sha256": "0" * 64, "account_id": one, "expires_at": at}
        session.execute(tables["account_session"].insert().values(id=one, created_at=at, **signed_in))
    upgrade(engine, "centre")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT role FROM account")) == "system_admin"
        assert connection.scalar(text("SELECT count(*) FROM account_session")) == 1
        if kind == "sqlite":
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1
