"""Who may look at which camera now, and the line in the viewing register before the first picture of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller, Role, caller_of, require
from supervisor.centre import Centre
from supervisor.classes.secrecy import refuse_secret
from supervisor.contract.live import LiveReason
from supervisor.decisions.exempt import exempt_of
from supervisor.devices.service import not_found
from supervisor.lessons.register import enter
from supervisor.lessons.schemas import ViewReason
from supervisor.live import repository
from supervisor.live.port import Wish
from supervisor.live.schemas import WishIn

AROUND = timedelta(seconds=60)
"""Before and after a lesson hour, as long as the box records: outside it nobody looks into a room."""

PATROLLERS = require(Role.INSPECTOR, Role.THIRD_PARTY)


@dataclass(slots=True)
class Visit:
    """One page's connection. `entered`: what of it is in the register."""

    centre: Centre
    token: str | None
    ip: str
    reason: ViewReason
    entered: set[tuple[UUID, UUID]]

    def admit(self, wished: Collection[WishIn]) -> list[Wish]:
        """The wishes of a person who may have them; those into rooms where nothing is held come back with a reason.

        Raises LessonProofError NOT_SIGNED_IN (401), ROLE_NOT_ALLOWED, SECOND_FACTOR_MISSING, SECRET_UNIT (403),
        CAMERA_NOT_FOUND (404).
        """
        caller = PATROLLERS(caller_of(self.centre, self.token))
        granted: list[tuple[WishIn, UUID, UUID | None, LiveReason | None]] = []
        now = self.centre.clock.now()
        with self.centre.uow.read() as session:
            for wish in {one.camera_id: one for one in wished}.values():
                seen = repository.camera(session, caller, wish.camera_id)
                if seen is None:
                    raise not_found("CAMERA", "摄像头", "camera")
                refuse_secret(session, seen.institution_id)
                lesson = repository.lesson_in(session, caller, seen.camera.room_id, now - AROUND, now + AROUND)
                refused = None
                if lesson is None:
                    refused = LiveReason.NO_LESSON
                elif exempt_of(session, lesson) is not None:
                    refused = LiveReason.EXEMPT
                elif seen.box.revoked_at is not None:
                    refused = LiveReason.BOX_AWAY
                held = lesson.hour.id if lesson is not None and refused is None else None
                granted.append((wish, seen.box.id, held, refused))
        self._enter(caller, {(wish.camera_id, held) for wish, _, held, _ in granted if held is not None})
        return [Wish(wish.camera_id, box_id, wish.mode, refused) for wish, box_id, _, refused in granted]

    def _enter(self, caller: Caller, looked: set[tuple[UUID, UUID]]) -> None:
        """A line of the register for each lesson hour, and one in the signed log that names the cameras."""
        new = looked - self.entered
        if not new:
            return
        for lesson_hour_id in sorted({lesson for _, lesson in new}):
            enter(self.centre, caller, lesson_hour_id, "patrol", self.reason, self.ip)
        cameras = sorted({str(camera) for camera, _ in new})
        lessons = sorted({str(lesson) for _, lesson in new})
        now = self.centre.clock.now()
        with self.centre.uow.write() as session:
            record(
                session, now, caller.actor, "live_viewed", caller.actor, ip=self.ip, cameras=cameras, lessons=lessons
            )
        self.entered |= new


def close_code(error: LessonProofError) -> int:
    """The close code of a WebSocket that says the same: 4000 and the HTTP status (RFC 6455 §7.4.2, private use)."""
    return 4000 + error.status
