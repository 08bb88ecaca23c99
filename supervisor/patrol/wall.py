"""What the patrol wall shows of today: lesson hours, who was there already, what is no problem, what was drawn."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller, Role
from supervisor.centre import Centre
from supervisor.devices.service import not_found
from supervisor.lessons import repository as lessons
from supervisor.lessons.register import viewing
from supervisor.lessons.repository import LessonRow
from supervisor.lessons.schemas import TodayLesson, ViewReason
from supervisor.lessons.service import today
from supervisor.patrol import repository
from supervisor.patrol.models import PatrolDismissal, PatrolMark, WallDraw
from supervisor.patrol.schemas import DismissalIn, DrawOut, MarkIn, MarkOut, Trouble
from supervisor.patrol.service import is_running, not_running
from supervisor.rules.sampling import draw

WALL_ROLES = (Role.INSPECTOR, Role.THIRD_PARTY)
DRAWN = 10


@dataclass(frozen=True, slots=True)
class Patrolled:
    """The newest closed patrol of a lesson hour."""

    at: datetime
    name: str
    own: bool


@dataclass(frozen=True, slots=True)
class Wall:
    """`offices`: institution → area, sector. `dismissed`: what somebody called no problem."""

    lessons: Sequence[TodayLesson]
    offices: Mapping[UUID, tuple[str, str | None]]
    patrolled: Mapping[UUID, Patrolled]
    dismissed: frozenset[tuple[UUID, Trouble]]
    draw: DrawOut | None


def wall(centre: Centre, caller: Caller, draw_id: UUID | None = None) -> Wall:
    """One set of queries for all tiles. A draw that is not the caller's is none."""
    day = centre.clock.now().astimezone(CHINA).date()
    held = today(centre, caller).lessons
    with centre.uow.read() as session:
        drawn = None if draw_id is None else repository.draw(session, caller, draw_id)
        return Wall(
            lessons=held,
            offices=repository.offices(session, {one.institution_id for one in held}),
            patrolled={
                lesson: Patrolled(at, name, account == caller.account_id)
                for lesson, account, name, at in repository.patrolled_on(session, caller, day)
            },
            dismissed=frozenset(
                (lesson, Trouble(trouble))
                for lesson, trouble in repository.dismissals(session, [one.lesson_hour_id for one in held])
            ),
            draw=None if drawn is None else _draw(drawn),
        )


def draw_lessons(centre: Centre, caller: Caller) -> DrawOut:
    """`DRAWN` of the lesson hours that run now in the caller's scope; seed and candidates are in the signed log."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        rows = lessons.lessons_on(session, caller, now.astimezone(CHINA).date(), now)
        candidates = sorted(str(row.hour.id) for row in rows if is_running(row, now))
        seed = secrets.token_hex(16)
        made = WallDraw(
            at=now,
            account_id=caller.account_id,
            seed=seed,
            candidates=candidates,
            drawn=list(draw(seed, candidates, DRAWN)),
        )
        session.add(made)
        session.flush()
        record(
            session, now, caller.actor, "wall_drawn", f"wall_draw:{made.id}",
            seed=seed, candidates=candidates, drawn=made.drawn,
        )  # fmt: skip
        return _draw(made)


def drawn(centre: Centre, caller: Caller, draw_id: UUID) -> DrawOut:
    """Raises LessonProofError DRAW_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        found = repository.draw(session, caller, draw_id)
        if found is None:
            raise not_found("DRAW", "抽查记录", "draw")
        return _draw(found)


def dismiss(centre: Centre, caller: Caller, body: DismissalIn) -> None:
    """ "Not a problem": this trouble of this lesson hour asks nobody any more. Raises LessonProofError
    LESSON_NOT_FOUND (404), LESSON_NOT_RUNNING (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        row = _running(session, caller, body.lesson_hour_id, now)
        session.add(
            PatrolDismissal(
                at=now,
                account_id=caller.account_id,
                lesson_hour_id=row.hour.id,
                trouble=body.trouble,
                reason=body.reason,
            )
        )
        record(
            session, now, caller.actor, "wall_trouble_dismissed", f"lesson_hour:{row.hour.id}",
            trouble=body.trouble, reason_sha256=sha256(body.reason.encode()).hexdigest(),
        )  # fmt: skip


def mark(centre: Centre, caller: Caller, body: MarkIn, ip: str) -> MarkOut:
    """A bookmark, or a snapshot that left the browser: an export, so a line of the viewing register.

    Raises LessonProofError LESSON_NOT_FOUND, CAMERA_NOT_FOUND (404), LESSON_NOT_RUNNING (409), SNAPSHOT_NOT_ALLOWED
    (403), MARK_HASH (422).
    """
    if (body.kind == "snapshot") != (body.sha256 is not None):
        raise LessonProofError(
            "MARK_HASH", status=422, where="/sha256", zh="截图必须带指纹", en="a snapshot, and only it, has a hash"
        )
    if body.kind == "snapshot" and caller.role is Role.THIRD_PARTY:
        raise LessonProofError(
            "SNAPSHOT_NOT_ALLOWED",
            status=403,
            zh="受委托的监督人员不能导出画面",
            en="your role may not export pictures",
        )
    now = centre.clock.now()
    with centre.uow.write() as session:
        row = _running(session, caller, body.lesson_hour_id, now)
        in_room = lessons.cameras_of_rooms(session, [row.room.id]).get(row.room.id, [])
        if body.camera_id not in {one.id for one in in_room}:
            raise not_found("CAMERA", "摄像头", "camera", "/camera_id")
        made = PatrolMark(
            at=now,
            account_id=caller.account_id,
            lesson_hour_id=row.hour.id,
            camera_id=body.camera_id,
            kind=body.kind,
            sha256=body.sha256,
        )
        session.add(made)
        if body.kind == "snapshot":
            session.add(viewing(caller, row.hour.id, "export", ViewReason.ROUTINE, ip, now))
        session.flush()
        record(
            session, now, caller.actor, f"live_{body.kind}", f"lesson_hour:{row.hour.id}",
            camera=str(body.camera_id), sha256=body.sha256,
        )  # fmt: skip
        return MarkOut(id=made.id, at=now, kind=made.kind, sha256=made.sha256)


def _running(session: Session, caller: Caller, lesson_hour_id: UUID, now: datetime) -> LessonRow:
    row = lessons.lesson(session, caller, lesson_hour_id)
    if row is None:
        raise not_found("LESSON", "课时", "lesson hour", "/lesson_hour_id")
    if not is_running(row, now):
        raise not_running()
    return row


def _draw(row: WallDraw) -> DrawOut:
    return DrawOut(
        id=row.id,
        at=row.at,
        account_id=row.account_id,
        seed=row.seed,
        candidates=row.candidates,
        drawn=row.drawn,
    )
