"""What the index knows of one camera in a stretch of wall time: runs, gaps, files. Read only.

A stretch is [start_ms, end_ms), milliseconds since 1970; everything that overlaps it is returned whole, in order of
time.
"""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from storage.evidence.tables import Fate, GapRow, Run, Segment


def runs_between(session: Session, camera_id: str, start_ms: int, end_ms: int) -> list[Run]:
    """Runs with media in the stretch; a running one ends where the database last heard of it."""
    statement = (
        select(Run)
        .where(Run.camera_id == camera_id, Run.start_ms < end_ms, Run.start_ms + Run.media_ms > start_ms)
        .order_by(Run.start_ms, Run.id)
    )
    return list(session.scalars(statement))


def gaps_between(session: Session, camera_id: str, start_ms: int, end_ms: int) -> list[GapRow]:
    """Gaps in the stretch. `end_ms` None: it still lasts; a gap without length (the run broke, nothing was lost) is
    told too."""
    statement = (
        select(GapRow)
        .where(
            GapRow.camera_id == camera_id,
            GapRow.start_ms < end_ms,
            or_(GapRow.end_ms.is_(None), GapRow.end_ms > start_ms, GapRow.start_ms >= start_ms),
        )
        .order_by(GapRow.start_ms, GapRow.id)
    )
    return list(session.scalars(statement))


def segments_between(session: Session, camera_id: str, start_ms: int, end_ms: int) -> list[Segment]:
    """Files with media in the stretch. One that is not closed ends with `.part`, and may get its final name at any
    moment; how long it is, only the file knows, so it is returned whenever it begins before the end. A file that is
    lost, or being deleted, is not returned."""
    statement = (
        select(Segment)
        .where(
            Segment.camera_id == camera_id,
            Segment.fate.is_(None),
            Segment.start_ms < end_ms,
            or_(~Segment.closed, Segment.start_ms + Segment.media_ms > start_ms),
        )
        .order_by(Segment.start_ms, Segment.id)
    )
    return list(session.scalars(statement))


def lost_between(session: Session, camera_id: str, start_ms: int, end_ms: int) -> list[Segment]:
    """Segments with media in the stretch whose file is lost: the run says it was recorded, nobody can see it."""
    statement = (
        select(Segment)
        .where(
            Segment.camera_id == camera_id,
            Segment.fate == Fate.LOST.value,
            Segment.start_ms < end_ms,
            Segment.start_ms + Segment.media_ms > start_ms,
        )
        .order_by(Segment.start_ms, Segment.id)
    )
    return list(session.scalars(statement))
