"""The pictures that explain a verdict: the fullest sampled picture of each part of the best window, camera by camera.

Only where they are and what was seen in them is told; the pictures themselves are in the clip.
"""

from __future__ import annotations

from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from edge_agent.lessons.plan import LessonHour
from storage.evidence.tables import SampleRow, SightingRow
from supervisor.contract.log import SeenPerson, VerdictMoment
from supervisor.rules.verdict import LessonVerdict

_PEOPLE = TypeAdapter(tuple[SeenPerson, ...])


def moments_of(session: Session, hour: LessonHour, verdict: LessonVerdict) -> tuple[VerdictMoment, ...]:
    """In order of camera and time; a part without a sample has none."""
    if verdict.window is None:
        return ()
    start, end = hour.start_ms + verdict.window.start_ms, hour.start_ms + verdict.window.end_ms
    parts = hour.profile.visible.moments
    found = []
    for camera in hour.cameras:
        for part in range(parts):
            first, last = start + (end - start) * part // parts, start + (end - start) * (part + 1) // parts
            moment = _fullest(session, str(camera.camera_id), first, last)
            if moment is not None:
                found.append(moment)
    return tuple(found)


def _fullest(session: Session, camera_id: str, first_ms: int, last_ms: int) -> VerdictMoment | None:
    """Of [first_ms, last_ms): most people in their places, then most in the picture, then nearest to the middle."""
    rows = session.execute(
        select(SampleRow, SightingRow)
        .join(SightingRow, (SightingRow.camera_id == SampleRow.camera_id) & (SightingRow.at_ms == SampleRow.at_ms))
        .where(SampleRow.camera_id == camera_id, SampleRow.at_ms >= first_ms, SampleRow.at_ms < last_ms)
    ).all()
    if not rows:
        return None
    middle = (first_ms + last_ms) / 2
    sample, sighting = max(rows, key=lambda row: (row[0].seated or 0, row[0].people, -abs(row[0].at_ms - middle)))
    return VerdictMoment(
        camera_id=UUID(camera_id),
        at=sample.at_ms,
        width=sighting.width,
        height=sighting.height,
        count=sample.people,
        seated=sample.seated,
        confidence=sample.confidence,
        people=_PEOPLE.validate_json(sighting.people),
    )
