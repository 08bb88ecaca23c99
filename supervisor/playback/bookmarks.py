"""A bookmark pins a moment of a lesson hour, with words, under one's name. It stays: nothing takes one away."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from config.clock import epoch_ms, from_epoch_ms
from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.devices.service import not_found
from supervisor.lessons import repository as lessons
from supervisor.playback.models import Bookmark
from supervisor.playback.schemas import BookmarkIn, BookmarkOut

AROUND = timedelta(hours=1)
"""So far outside its lesson hour a moment may lie: early comers, late leavers."""


def add(centre: Centre, caller: Caller, lesson_hour_id: UUID, body: BookmarkIn) -> BookmarkOut:
    """Raises LessonProofError LESSON_NOT_FOUND, CAMERA_NOT_FOUND (404), BOOKMARK_ELSEWHERE (422)."""
    now, moment = centre.clock.now(), from_epoch_ms(body.at)
    with centre.uow.write() as session:
        row = lessons.lesson(session, caller, lesson_hour_id)
        if row is None:
            raise not_found("LESSON", "课时", "lesson hour")
        if not row.hour.start - AROUND <= moment <= row.hour.end + AROUND:
            raise LessonProofError(
                "BOOKMARK_ELSEWHERE",
                status=422,
                where="/at",
                zh="这一时刻不在这个课时前后",
                en="this moment is not in or near the lesson hour",
            )
        if body.camera_id is not None:
            in_room = lessons.cameras_of_rooms(session, [row.room.id]).get(row.room.id, [])
            if body.camera_id not in {camera.id for camera in in_room}:
                raise not_found("CAMERA", "摄像头", "camera", "/camera_id")
        made = Bookmark(
            at=now,
            account_id=caller.account_id,
            lesson_hour_id=lesson_hour_id,
            camera_id=body.camera_id,
            moment=moment,
            note=body.note,
        )
        session.add(made)
        session.flush()
        subject = f"lesson_hour:{lesson_hour_id}"
        record(session, now, caller.actor, "bookmark_set", subject, bookmark=str(made.id), moment=body.at)
        return as_out(made, caller.name)


def as_out(one: Bookmark, who: str) -> BookmarkOut:
    return BookmarkOut(
        id=one.id,
        lesson_hour_id=one.lesson_hour_id,
        camera_id=one.camera_id,
        moment=epoch_ms(one.moment),
        note=one.note,
        who=who,
        at=epoch_ms(one.at),
    )
