"""Up to nine clips of one class side by side: the lesson hours nearest to the one somebody looks at."""

from __future__ import annotations

from uuid import UUID

from config.clock import CHINA
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.devices.service import not_found
from supervisor.lessons import repository as lessons
from supervisor.playback.schemas import ParallelClip

WINDOWS = 9


def beside(centre: Centre, caller: Caller, lesson_hour_id: UUID) -> list[ParallelClip]:
    """One playable clip a lesson hour, in the order of time. Raises LessonProofError LESSON_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        row = lessons.lesson(session, caller, lesson_hour_id)
        if row is None:
            raise not_found("LESSON", "课时", "lesson hour")
        of_class = lessons.lessons_of_class(session, caller, row.training.id)
        clips = lessons.clips(session, [one.hour.id for one in of_class])
    playable = [
        (one, clip, camera)
        for one in of_class
        for clip, camera in clips.get(one.hour.id, [])
        if clip.state == "verified" and clip.playlist is not None
    ]
    first = {one.hour.id: (one, clip, camera) for one, clip, camera in reversed(playable)}
    nearest = sorted(first.values(), key=lambda found: abs(found[0].hour.start - row.hour.start))[:WINDOWS]
    return [
        ParallelClip(
            lesson_hour_id=one.hour.id,
            slot=one.hour.slot,
            day=one.hour.start.astimezone(CHINA).date(),
            camera_id=camera.id,
            camera_code=camera.code,
            sha256=clip.sha256,
            start=clip.manifest["start_ms"],
            end=clip.manifest["end_ms"],
        )
        for one, clip, camera in sorted(nearest, key=lambda found: (found[0].hour.start, found[0].hour.slot))
    ]
