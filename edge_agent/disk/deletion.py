"""Deletion in two phases, so that a crash leaves no file without a row and no row that lies: the row is marked; the
file is unlinked and its folder synced; the row goes, and the log says what went, with its hash.

Nothing is decided here: `ladder.choose` does that, by `storage.retention`, which also unlinks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.clock import Clock, epoch_ms
from edge_agent.capture.segment_file import index_path
from edge_agent.disk.ladder import Held
from edge_agent.paths import BoxPaths
from storage.database.engine import UnitOfWork
from storage.evidence import log as evidence_log
from storage.evidence.tables import ClipRow, Fate, Segment
from storage.retention import unlink_marked

_BATCH = 100


def delete(work: UnitOfWork, paths: BoxPaths, chosen: Sequence[Held], clock: Clock) -> int:
    """The bytes that were freed. Raises OSError, SQLAlchemyError; what was begun is finished by the next call."""
    freed = finish(work, paths, clock)
    for first in range(0, len(chosen), _BATCH):
        with work.write() as session:
            for one in chosen[first : first + _BATCH]:
                _mark(session, one)
        freed += finish(work, paths, clock)
    return freed


def _mark(session: Session, one: Held) -> None:
    segment = session.get(Segment, one.key) if one.what == "segment" else None
    if segment is not None and segment.closed and segment.fate is None:
        segment.fate = Fate.DELETING.value
    clip = session.get(ClipRow, one.key) if one.what == "clip" else None
    if clip is not None and clip.delivered and clip.fate is None:
        clip.fate = Fate.DELETING.value


def finish(work: UnitOfWork, paths: BoxPaths, clock: Clock) -> int:
    """Carry out what is marked, in this life or an earlier one."""
    with work.read() as session:
        segments = list(session.scalars(select(Segment).where(Segment.fate == Fate.DELETING.value)))
        clips = list(session.scalars(select(ClipRow).where(ClipRow.fate == Fate.DELETING.value)))
    if not segments and not clips:
        return 0
    files = [paths.recordings / row.path for row in segments]
    unlink_marked([*files, *map(index_path, files), *(paths.clips / row.path for row in clips)])
    for folder in {file.parent for file in files}:
        with contextlib.suppress(OSError):  # not empty yet, or gone
            folder.rmdir()
    now_ms = epoch_ms(clock.now())
    with work.write() as session:
        for segment in segments:
            _gone(session, session.get(Segment, segment.id), "segment", "term_over", now_ms)
        for clip in clips:
            _gone(session, session.get(ClipRow, clip.sha256), "clip", "space", now_ms)
    return sum(segment.bytes for segment in segments) + sum(clip.bytes for clip in clips)


def _gone(session: Session, row: Segment | ClipRow | None, what: str, reason: str, now_ms: int) -> None:
    if row is None:
        return
    entry = {
        "kind": "deletion", "at": now_ms, "what": what, "file": row.path, "sha256": row.sha256, "bytes": row.bytes,
        "reason": reason,
    }  # fmt: skip
    evidence_log.append(session, entry, row.camera_id)
    session.delete(row)
