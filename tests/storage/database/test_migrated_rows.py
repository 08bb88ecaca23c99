"""Rows of before, where a migration makes their table anew or adds to it: what they are afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from storage.database.base import CentreBase
from storage.database.engine import open_engine
from storage.database.migrate import upgrade
from tests.support.databases import KINDS, database_servers, empty_database

__all__ = ["database_servers"]
pytestmark = pytest.mark.usefixtures("database_servers")

AT = datetime(2026, 11, 23, 1, tzinfo=UTC)
END = datetime(2026, 11, 23, 2, tzinfo=UTC)
ONE, TWO, THREE = (UUID(int=number + (4 << 76) + (2 << 62)) for number in (1, 2, 3))
SCOPE: dict[str, dict[str, Any]] = {
    "institution": {"id": ONE, "created_at": AT, "name": "某培训学校", "area": "140521"},
    "account": {"id": ONE, "created_at": AT, "username": "a", "name": "某", "role": "inspector", "failed_sign_ins": 0},
    "site": {"id": ONE, "created_at": AT, "institution_id": ONE, "name": "s"},
    "room": {"id": ONE, "created_at": AT, "site_id": ONE, "name": "r"},
    "training_class": {
        "id": ONE, "created_at": AT, "institution_id": ONE, "class_no": "n-1", "name": "电工", "status": "draft",
        "profile": "000000-demo.3", "class_end": END,
    },
    "session": {
        "id": ONE, "created_at": AT, "class_id": ONE, "room_id": ONE, "code": "c", "local_date": date(2026, 11, 23),
        "start": AT, "end": END, "kind": "theory", "teachers": [],
    },
    "lesson_hour": {"id": ONE, "created_at": AT, "session_id": ONE, "slot": 1, "start": AT, "end": END},
}  # fmt: skip
"""A class with one lesson hour, and somebody: in the order in which they refer to each other."""
ASKED = {"at": AT, "account_id": ONE, "name": "某", "unit": "某局", "lesson_hour_id": ONE, "reason": "appeal"}


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(empty_database(request.param, tmp_path))
    yield engine
    engine.dispose()


def put(connection: Connection, table: str, **values: Any) -> None:
    """Only these columns: the table may have others, or none yet of those that the model has."""
    connection.execute(CentreBase.metadata.tables[table].insert().values(values))


def scope(connection: Connection) -> None:
    for table, values in SCOPE.items():
        put(connection, table, **values)


def rows(connection: Connection, table: str) -> list[dict[str, Any]]:
    one = CentreBase.metadata.tables[table]
    return [dict(row) for row in connection.execute(select(one).order_by(one.c.at)).mappings()]


def test_exports_asked_for_before_a_whole_class_could_be_are_of_their_lesson_hour(engine: Engine) -> None:
    later, last = AT.replace(minute=1), AT.replace(minute=2)
    upgrade(engine, "centre", "0032")
    with engine.begin() as connection:
        scope(connection)
        for export, at, case in ((ONE, AT, "晋城 1 号"), (TWO, later, ""), (THREE, last, "=1+1")):
            put(connection, "export_request", id=export, **ASKED | {"at": at, "case": case})
        for export, approved in ((ONE, True), (TWO, False)):
            put(
                connection, "export_answer",
                export_id=export, at=last, account_id=ONE, name="另", approved=approved, text="" if approved else "否",
            )  # fmt: skip
        put(connection, "export_fetch", id=ONE, at=last, export_id=ONE, ip="10.0.0.1")
    upgrade(engine, "centre", "0033")
    with engine.connect() as connection:
        assert rows(connection, "export_request") == [
            {**ASKED, "id": export, "at": at, "case": case, "class_id": None}
            for export, at, case in ((ONE, AT, "晋城 1 号"), (TWO, later, ""), (THREE, last, "=1+1"))
        ]
        answers = {one["export_id"]: (one["approved"], one["text"]) for one in rows(connection, "export_answer")}
        assert answers == {ONE: (True, ""), TWO: (False, "否")}
        assert [(one["export_id"], one["ip"]) for one in rows(connection, "export_fetch")] == [(ONE, "10.0.0.1")]
        refers = {
            (key["constrained_columns"][0], key["referred_table"])
            for table in ("export_request", "export_answer", "export_fetch")
            for key in inspect(connection).get_foreign_keys(table)
        }
        assert refers >= {("lesson_hour_id", "lesson_hour"), ("class_id", "training_class")}
        assert ("export_id", "export_request") in refers, "and not to the table that was made anew under another name"
        if engine.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


@pytest.mark.parametrize("change", ["UPDATE export_request SET name = 'x'", "DELETE FROM export_request"])
def test_exports_of_before_are_changed_by_nobody_afterwards(engine: Engine, change: str) -> None:
    upgrade(engine, "centre", "0032")
    with engine.begin() as connection:
        scope(connection)
        put(connection, "export_request", id=ONE, **ASKED, case="")
    upgrade(engine, "centre", "0033")
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(change))
    with engine.begin() as connection:
        put(connection, "export_request", id=TWO, **ASKED | {"lesson_hour_id": None, "class_id": ONE}, case="")
        assert len(rows(connection, "export_request")) == 2
    for neither_nor_both in ({"lesson_hour_id": None}, {"class_id": ONE}):
        with pytest.raises(IntegrityError), engine.begin() as connection:
            put(connection, "export_request", id=THREE, **ASKED | neither_nor_both, case="")


def test_reviews_of_before_have_no_photos(engine: Engine) -> None:
    upgrade(engine, "centre", "0033")
    with engine.begin() as connection:
        scope(connection)
        connection.execute(
            text(
                "INSERT INTO opening_review (id, at, class_id, kind, element, result, reason, reviewer, sha256)"
                " VALUES (:id, :at, :of, 'truth', 'plan', 'true', '', :of, '0')"
            ),
            {"id": _id(engine, TWO), "at": "2026-11-23 01:00:00.000000", "of": _id(engine, ONE)},
        )
    upgrade(engine, "centre", "0034")
    with engine.connect() as connection:
        assert [(one["element"], one["photos"]) for one in rows(connection, "opening_review")] == [("plan", [])]
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text("DELETE FROM opening_review"))


def _id(engine: Engine, value: UUID) -> str:
    return value.hex if engine.dialect.name == "sqlite" else str(value)
