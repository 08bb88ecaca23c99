"""The pictures that explain a verdict: the fullest sampled picture of each part of the best window, camera by camera.

Only where they are and what was seen in them is told; the pictures themselves are in the clip.
"""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from storage.evidence.tables import SightingRow
from supervisor.contract.log import SeenPerson, VerdictMoment
from supervisor.rules.evidence import CameraEvidence
from supervisor.rules.verdict import Window

_PEOPLE = TypeAdapter(tuple[SeenPerson, ...])
MOST_PEOPLE, MOST_MOMENTS = 500, 200  # an entry has no room for more


def moments_of(
    session: Session, zero_ms: int, cameras: tuple[CameraEvidence, ...], window: Window | None, parts: int
) -> tuple[VerdictMoment, ...]:
    """In order of camera and time; a part without a sample of the evidence has none. `zero_ms`: the start of the lesson
    hour, ms since 1970; `parts`: how many the profile sees in a window."""
    if window is None:
        return ()
    length = window.end_ms - window.start_ms
    edges = [window.start_ms + length * part // parts for part in range(parts + 1)]
    found = [_fullest(session, zero_ms, camera, first, last) for camera in cameras for first, last in pairwise(edges)]
    return tuple(moment for moment in found if moment is not None)[:MOST_MOMENTS]


def _fullest(
    session: Session, zero_ms: int, camera: CameraEvidence, first_ms: int, last_ms: int
) -> VerdictMoment | None:
    """Of [first_ms, last_ms): most people in their places, then most in the picture, then nearest to the middle."""
    seated = {one.at_ms: one for one in camera.seated}
    inside = [sample for sample in camera.samples if first_ms <= sample.at_ms < last_ms]
    middle = (first_ms + last_ms) / 2
    inside.sort(
        key=lambda one: (seated[one.at_ms].count if one.at_ms in seated else 0, one.count, -abs(one.at_ms - middle))
    )
    while inside:
        sample = inside.pop()
        sighting = session.get(SightingRow, (camera.camera_id, zero_ms + sample.at_ms))
        if sighting is not None:
            place = seated.get(sample.at_ms)
            return VerdictMoment(
                camera_id=UUID(camera.camera_id),
                at=zero_ms + sample.at_ms,
                width=sighting.width,
                height=sighting.height,
                count=sample.count,
                seated=place.count if place else None,
                confidence=place.confidence if place else None,
                people=_PEOPLE.validate_json(sighting.people)[:MOST_PEOPLE],
            )
    return None
