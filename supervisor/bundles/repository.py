"""SQL of what a bundle needs: the stretch of the box's log that tells of one lesson hour."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from supervisor.lessons.models import LogEntryRow

_BATCH = 200
_BEFORE_MS = 10 * 60_000
"""A file that ended so long before the lesson hour is not of it, nor is any before: files are as long as a minute."""


def camera_entries(
    session: Session, box_id: UUID, camera_id: str, idx: int, start_ms: int, end_ms: int
) -> list[LogEntryRow]:
    """The camera's chain around the verdict entry `idx`, without a hole: from the first file with media in
    [start_ms, end_ms) to the last."""
    of_camera = (LogEntryRow.box_id == box_id, LogEntryRow.camera_id == camera_id)
    before: list[LogEntryRow] = []
    last_n = session.scalar(
        select(LogEntryRow.n).where(*of_camera, LogEntryRow.idx <= idx).order_by(LogEntryRow.n.desc()).limit(1)
    )
    while last_n is not None and last_n >= 0:
        query = select(LogEntryRow).where(*of_camera, LogEntryRow.n <= last_n).order_by(LogEntryRow.n.desc())
        batch = session.scalars(query.limit(_BATCH)).all()
        before += batch
        if len(batch) < _BATCH or any(_ends_ms(row) < start_ms - _BEFORE_MS for row in batch):
            break
        last_n = (batch[-1].n or 0) - 1
    after = session.scalars(
        select(LogEntryRow).where(*of_camera, LogEntryRow.idx > idx).order_by(LogEntryRow.n).limit(_BATCH)
    ).all()
    chain = [*reversed(before), *after]
    wanted = [number for number, row in enumerate(chain) if _overlaps(row, start_ms, end_ms)]
    return chain[wanted[0] : wanted[-1] + 1] if wanted else []


def about_lesson(session: Session, box_id: UUID, lesson_hour_id: UUID) -> Sequence[LogEntryRow]:
    """What the box was told of who attends the lesson hour, and whether it found replays in it."""
    query = select(LogEntryRow).where(
        LogEntryRow.box_id == box_id,
        LogEntryRow.kind.in_(("check_in_batch", "replay")),
        LogEntryRow.body.contains(f'"lesson_hour_id":"{lesson_hour_id}"'),
    )
    return session.scalars(query.order_by(LogEntryRow.idx)).all()


def of_the_machine(session: Session, box_id: UUID, first: int, idx: int) -> Sequence[LogEntryRow]:
    """Starts and clock of the box from entry `first` up to the verdict `idx`."""
    query = select(LogEntryRow).where(
        LogEntryRow.box_id == box_id,
        LogEntryRow.kind.in_(("boot", "clock", "enrolment", "key")),
        LogEntryRow.idx.between(first, idx),
    )
    return session.scalars(query.order_by(LogEntryRow.idx)).all()


def entry(session: Session, box_id: UUID, idx: int) -> LogEntryRow:
    return session.get_one(LogEntryRow, (box_id, idx))


def _overlaps(row: LogEntryRow, start_ms: int, end_ms: int) -> bool:
    body = json.loads(row.body)
    return row.kind == "segment" and body["start_ms"] < end_ms and body["start_ms"] + body["media_ms"] > start_ms


def _ends_ms(row: LogEntryRow) -> int:
    body = json.loads(row.body)
    return int(body["start_ms"] + body["media_ms"]) if row.kind == "segment" else int(body["at"])
