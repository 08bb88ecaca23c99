"""Bring a database to the newest version of its tables, at start-up, without an alembic.ini.

Each database has its own script folder: `migrations/centre`, `migrations/box`. CHECKs and triggers of later versions
are written by hand there: Alembic does not detect them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

Which = Literal["centre", "box"]

_LOCK = 0x4C50_4D49  # any constant; PostgreSQL advisory lock, so that replicas migrate one after the other


def configuration(which: Which) -> Config:
    """Alembic's configuration for one of the two databases."""
    config = Config()
    # "%" is interpolation syntax in Alembic's option values; a path may hold one.
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations" / which).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(engine: Engine, which: Which, revision: str = "head") -> None:
    """Apply every missing migration, up to `revision`, in one transaction; nothing happens when there is none."""
    with engine.connect() as connection, _unreferenced(connection), connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config = configuration(which)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first():
            raise RuntimeError("a migration left a row that refers to nothing")


@contextmanager
def _unreferenced(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew, which its references would forbid; the switch works only outside a
    transaction."""
    raw = connection.connection.driver_connection
    if connection.dialect.name != "sqlite" or raw is None:
        yield
        return
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")
