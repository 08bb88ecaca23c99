from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from storage.database.engine import UnitOfWork, open_engine
from tests.support.databases import KINDS, centre_database, database_servers

__all__ = ["database_servers"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_failed_statement_was_about_is_in_no_error_text(
    kind: str, tmp_path: Path, database_servers: None
) -> None:
    engine = open_engine(centre_database(kind, tmp_path))
    with pytest.raises(SQLAlchemyError) as caught, UnitOfWork(engine).write() as session:
        session.execute(text("INSERT INTO nowhere (name) VALUES (:name)"), {"name": "孙某某"})
    engine.dispose()
    assert "nowhere" in str(caught.value)
    assert "孙某某" not in str(caught.value)
