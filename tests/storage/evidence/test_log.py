"""The append-only log on a real SQLite file: no holes, chains per camera, one transaction with its fact."""

from __future__ import annotations

import hashlib
import itertools
import json
import threading
from pathlib import Path

import pytest
import rfc8785
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from storage.database.base import BoxBase
from storage.database.engine import UnitOfWork, open_engine
from storage.evidence import log
from storage.evidence.tables import KeyValue, LogRow

CAMERA = "6c1f0a52-5a9c-4f5e-9d4e-0d6f0a3b7c11"
OTHER = "a31d7c42-0b8e-4f0a-8a6e-7f3f2b1c9d22"


@pytest.fixture
def box(tmp_path: Path) -> UnitOfWork:
    engine = open_engine(f"sqlite:///{tmp_path / 'box.db'}")
    BoxBase.metadata.create_all(engine)
    return UnitOfWork(engine)


def test_an_empty_log_has_size_zero_and_no_entries(box: UnitOfWork) -> None:
    with box.read() as session:
        assert log.size(session) == 0
        assert log.entries(session, 0, 10) == []


def test_indexes_run_from_zero_without_holes_and_entries_come_in_order(box: UnitOfWork) -> None:
    for number in range(7):
        with box.write() as session:
            assert log.append(session, {"kind": "boot", "at": number}) == number
    with box.read() as session:
        assert log.size(session) == 7
        assert [row.idx for row in log.entries(session, 2, 3)] == [2, 3, 4]
        assert [row.idx for row in log.entries(session, 5, 100)] == [5, 6]


def test_the_body_is_canonical_json_and_the_hash_is_of_the_body(box: UnitOfWork) -> None:
    entry = {"kind": "boot", "at": 1_790_000_000_000, "name": "教室", "b": 1, "a": [True, None]}
    with box.write() as session:
        log.append(session, entry)
    with box.read() as session:
        row = log.entries(session, 0, 1)[0]
    assert row.body.encode() == rfc8785.dumps(entry)
    assert row.sha256 == hashlib.sha256(row.body.encode()).hexdigest()
    assert row.kind == "boot" and row.camera_id is None and row.n is None


def test_each_camera_has_its_own_chain(box: UnitOfWork) -> None:
    with box.write() as session:
        for camera in (CAMERA, OTHER, CAMERA, CAMERA):
            log.append(session, {"kind": "gap", "at": 1}, camera)
    with box.read() as session:
        rows = log.entries(session, 0, 10)
    mine = [row for row in rows if row.camera_id == CAMERA]
    bodies = [json.loads(row.body) for row in mine]
    assert [body["n"] for body in bodies] == [0, 1, 2]
    assert bodies[0]["prev"] is None
    assert [body["prev"] for body in bodies[1:]] == [row.sha256 for row in mine[:-1]]
    other = next(json.loads(row.body) for row in rows if row.camera_id == OTHER)
    assert other["n"] == 0 and other["prev"] is None


def test_two_entries_of_one_camera_in_one_transaction_are_chained_to_each_other(box: UnitOfWork) -> None:
    with box.write() as session:
        log.append(session, {"kind": "gap", "at": 1}, CAMERA)
        log.append(session, {"kind": "gap", "at": 2}, CAMERA)
    with box.read() as session:
        first, second = log.entries(session, 0, 2)
    assert json.loads(second.body)["prev"] == first.sha256


def test_an_entry_is_undone_together_with_its_fact(box: UnitOfWork) -> None:
    with pytest.raises(RuntimeError), box.write() as session:
        session.add(KeyValue(key="fact", value="1"))
        log.append(session, {"kind": "boot", "at": 1})
        raise RuntimeError("power cut")
    with box.read() as session:
        assert log.size(session) == 0
        assert session.scalar(select(KeyValue)) is None


def test_the_callers_entry_is_left_as_it_was(box: UnitOfWork) -> None:
    entry = {"kind": "gap", "at": 1}
    with box.write() as session:
        log.append(session, entry, CAMERA)
    assert entry == {"kind": "gap", "at": 1}


def test_threads_appending_at_once_make_no_hole_and_no_double(box: UnitOfWork) -> None:
    def work() -> None:
        for _ in range(25):
            with box.write() as session:
                log.append(session, {"kind": "gap", "at": 1}, CAMERA)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with box.read() as session:
        rows = log.entries(session, 0, 1000)
    assert [row.idx for row in rows] == list(range(100))
    assert [row.n for row in rows] == list(range(100))
    assert all(json.loads(row.body)["prev"] == before.sha256 for before, row in itertools.pairwise(rows))


def test_the_database_refuses_a_second_entry_at_the_same_index(box: UnitOfWork) -> None:
    with box.write() as session:
        log.append(session, {"kind": "boot", "at": 1})
    with pytest.raises(IntegrityError), box.write() as session:
        session.add(LogRow(idx=0, kind="boot", body="{}", sha256="0" * 64))
    with box.read() as session:
        assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
