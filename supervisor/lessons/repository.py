"""SQL of lesson hours, evidence, verdicts and clips. People see their own institution's; a box sees its own clips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from supervisor.callers import Caller
from supervisor.classes.models import ClassSession, Institution, LessonHour, RosterEntry, Trainee, TrainingClass
from supervisor.devices.models import Box, Camera, Room, Site
from supervisor.devices.repository import APPROVED
from supervisor.lessons.models import EvidenceClip, EvidenceRow, LessonVerdictRow, LogEntryRow, ReplayCheckRow, ViewLog


@dataclass(frozen=True, slots=True)
class LessonRow:
    """A lesson hour with everything it hangs on."""

    hour: LessonHour
    session: ClassSession
    training: TrainingClass
    institution: Institution
    site: Site
    room: Room

    @property
    def countable(self) -> bool:
        """Of an approved class, not before its approval (A-01), neither moved nor cancelled (Q22)."""
        approved_at = self.training.approved_at
        if self.session.voided_at is not None:
            return False
        return self.training.status in APPROVED and approved_at is not None and self.hour.start >= approved_at


_LessonQuery = Select[LessonHour, ClassSession, TrainingClass, Institution, Site, Room]


def _lessons() -> _LessonQuery:
    return (
        select(LessonHour, ClassSession, TrainingClass, Institution, Site, Room)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .join(Institution, Institution.id == TrainingClass.institution_id)
        .join(Room, Room.id == ClassSession.room_id)
        .join(Site, Site.id == Room.site_id)
    )


def _rows(session: Session, query: _LessonQuery) -> list[LessonRow]:
    return [
        LessonRow(hour, plan, training, institution, site, room)
        for hour, plan, training, institution, site, room in session.execute(query)
    ]


def lessons_on(session: Session, caller: Caller, day: date, running_at: datetime | None = None) -> list[LessonRow]:
    """Lesson hours of the sessions planned for `day` (Asia/Shanghai) in the caller's scope, and of the day before's
    those that run at `running_at`: past midnight an evening class is still under way. What was moved or cancelled is
    not held and is left out."""
    wanted = ClassSession.local_date == day
    if running_at is not None:  # the day before alone, else the rows of a whole year are looked at for a clock's time
        late = and_(LessonHour.start <= running_at, LessonHour.end > running_at)
        wanted = ClassSession.local_date.in_((day - timedelta(days=1), day)) & (wanted | late)
    query = _lessons().where(wanted, ClassSession.voided_at.is_(None), caller.sees(TrainingClass.institution_id))
    return _rows(session, query.order_by(LessonHour.start, Room.name, LessonHour.slot))


def lessons_in_rooms(session: Session, caller: Caller, days: Iterable[tuple[UUID, date]]) -> list[LessonRow]:
    """Of each of these rooms those of that day, as `lessons_on`."""
    wanted = [and_(ClassSession.room_id == room_id, ClassSession.local_date == day) for room_id, day in days]
    query = _lessons().where(or_(false(), *wanted), ClassSession.voided_at.is_(None))
    query = query.where(caller.sees(TrainingClass.institution_id))
    return _rows(session, query.order_by(LessonHour.start, Room.name, LessonHour.slot))


def lesson(session: Session, caller: Caller, lesson_hour_id: UUID) -> LessonRow | None:
    query = _lessons().where(LessonHour.id == lesson_hour_id, caller.sees(TrainingClass.institution_id))
    return next(iter(_rows(session, query)), None)


def lesson_by_id(session: Session, lesson_hour_id: UUID) -> LessonRow:
    """For the centre's own work, in nobody's scope."""
    return _rows(session, _lessons().where(LessonHour.id == lesson_hour_id))[0]


def lesson_of_box(session: Session, box_id: UUID, lesson_hour_id: UUID) -> LessonRow | None:
    """Only if one of the box's cameras is in the lesson's room."""
    watched = exists().where(Camera.room_id == ClassSession.room_id, Camera.box_id == box_id)
    return next(iter(_rows(session, _lessons().where(LessonHour.id == lesson_hour_id, watched))), None)


def lessons_of_session(session: Session, session_id: UUID) -> list[LessonRow]:
    query = _lessons().where(LessonHour.session_id == session_id).order_by(LessonHour.slot)
    return _rows(session, query)


def lessons_of_class(session: Session, caller: Caller, class_id: UUID) -> list[LessonRow]:
    query = _lessons().where(TrainingClass.id == class_id, caller.sees(TrainingClass.institution_id))
    return _rows(session, query.order_by(LessonHour.start, LessonHour.slot, LessonHour.id))


def lock_lesson(session: Session, lesson_hour_id: UUID) -> None:
    """One transaction at a time appends to a lesson hour's verdicts."""
    session.execute(select(LessonHour.id).where(LessonHour.id == lesson_hour_id).with_for_update())


def unjudged(session: Session, ended_before: datetime, limit: int) -> list[LessonRow]:
    """Countable lesson hours over for long without a verdict of the centre's own, oldest first."""
    judged = exists().where(LessonVerdictRow.lesson_hour_id == LessonHour.id, LessonVerdictRow.source != "box")
    query = (
        _lessons()
        .where(
            LessonHour.end <= ended_before,
            TrainingClass.status.in_(APPROVED),
            LessonHour.start >= TrainingClass.approved_at,
            ClassSession.voided_at.is_(None),
            ~judged,
        )
        .order_by(LessonHour.end)
        .limit(limit)
    )
    return _rows(session, query)


def verdicts(session: Session, lesson_hour_ids: Iterable[UUID]) -> dict[UUID, list[LessonVerdictRow]]:
    """All versions per lesson hour, newest first."""
    query = select(LessonVerdictRow).where(LessonVerdictRow.lesson_hour_id.in_(list(lesson_hour_ids)))
    found: dict[UUID, list[LessonVerdictRow]] = {}
    for row in session.scalars(query.order_by(LessonVerdictRow.version.desc())):
        found.setdefault(row.lesson_hour_id, []).append(row)
    return found


def counting_verdict(session: Session, lesson_hour_id: UUID) -> LessonVerdictRow | None:
    """The version that counts: the newest that the centre itself came to."""
    query = select(LessonVerdictRow).where(
        LessonVerdictRow.lesson_hour_id == lesson_hour_id, LessonVerdictRow.source != "box"
    )
    return session.scalar(query.order_by(LessonVerdictRow.version.desc()).limit(1))


def last_version(session: Session, lesson_hour_id: UUID) -> int:
    query = select(func.max(LessonVerdictRow.version)).where(LessonVerdictRow.lesson_hour_id == lesson_hour_id)
    return session.scalar(query) or 0


def latest_evidence(session: Session, lesson_hour_id: UUID) -> EvidenceRow | None:
    query = select(EvidenceRow).where(EvidenceRow.lesson_hour_id == lesson_hour_id)
    return session.scalar(query.order_by(EvidenceRow.received_at.desc(), EvidenceRow.idx.desc()).limit(1))


def evidence_by_id(session: Session, evidence_id: UUID) -> EvidenceRow:
    return session.get_one(EvidenceRow, evidence_id)


def replay_checks(session: Session, lesson_hour_id: UUID) -> list[ReplayCheckRow]:
    """The newest of each box."""
    query = select(ReplayCheckRow).where(ReplayCheckRow.lesson_hour_id == lesson_hour_id).order_by(ReplayCheckRow.idx)
    return list({check.box_id: check for check in session.scalars(query)}.values())


def lessons_seen(session: Session, caller: Caller, lesson_hour_ids: Iterable[UUID]) -> dict[UUID, LessonRow]:
    """Of these, the lesson hours in the caller's scope."""
    query = _lessons().where(LessonHour.id.in_(list(lesson_hour_ids)), caller.sees(TrainingClass.institution_id))
    return {row.hour.id: row for row in _rows(session, query)}


def clips(session: Session, lesson_hour_ids: Iterable[UUID]) -> dict[UUID, list[tuple[EvidenceClip, Camera]]]:
    """For callers that have already been let into the lesson hours."""
    query = (
        select(EvidenceClip, Camera)
        .join(Camera, Camera.id == EvidenceClip.camera_id)
        .where(EvidenceClip.lesson_hour_id.in_(list(lesson_hour_ids)))
        .order_by(Camera.code, EvidenceClip.created_at)
    )
    found: dict[UUID, list[tuple[EvidenceClip, Camera]]] = {}
    for clip, camera in session.execute(query):
        found.setdefault(clip.lesson_hour_id, []).append((clip, camera))
    return found


def clips_of_box(session: Session, box_id: UUID, sha256: str) -> Sequence[EvidenceClip]:
    """A clip as this box named it; the same bytes may belong to several of its lesson hours."""
    query = select(EvidenceClip).where(EvidenceClip.box_id == box_id, EvidenceClip.sha256 == sha256)
    return session.scalars(query.order_by(EvidenceClip.created_at)).all()


def log_body(session: Session, box_id: UUID, idx: int) -> str:
    """An entry of a box's log, its very text."""
    return session.get_one(LogEntryRow, (box_id, idx)).body


def log_hashes(session: Session, box_id: UUID, start: int, stop: int) -> dict[int, str]:
    query = select(LogEntryRow.idx, LogEntryRow.sha256)
    rows = session.execute(query.where(LogEntryRow.box_id == box_id, LogEntryRow.idx >= start, LogEntryRow.idx < stop))
    return {idx: sha256 for idx, sha256 in rows}  # noqa: C416 - rows are no pairs to mypy


def chain_end(session: Session, box_id: UUID, camera_id: str) -> tuple[int, str] | None:
    """`n` and hash of the camera's last entry in the box's log."""
    row = session.execute(
        select(LogEntryRow.n, LogEntryRow.sha256)
        .where(LogEntryRow.box_id == box_id, LogEntryRow.camera_id == camera_id)
        .order_by(LogEntryRow.n.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None or row[0] is None else (row[0], row[1])


def boxes(session: Session, box_ids: Iterable[UUID]) -> dict[UUID, Box]:
    return {box.id: box for box in session.scalars(select(Box).where(Box.id.in_(list(box_ids))))}


def cameras(session: Session, camera_ids: Iterable[UUID]) -> Sequence[Camera]:
    """By code, wherever they hang now."""
    return session.scalars(select(Camera).where(Camera.id.in_(list(camera_ids))).order_by(Camera.code)).all()


def cameras_of_rooms(session: Session, room_ids: Iterable[UUID]) -> dict[UUID, list[Camera]]:
    query = select(Camera).where(Camera.room_id.in_(list(room_ids))).order_by(Camera.code)
    found: dict[UUID, list[Camera]] = {}
    for camera in session.scalars(query):
        found.setdefault(camera.room_id, []).append(camera)
    return found


def names(session: Session, class_id: UUID) -> dict[UUID, str]:
    """Roster entry → full name; mask before it leaves the centre."""
    query = select(RosterEntry.id, Trainee.name).join(Trainee, Trainee.id == RosterEntry.trainee_id)
    rows = session.execute(query.where(RosterEntry.class_id == class_id))
    return {entry: name for entry, name in rows}  # noqa: C416 - rows are no pairs to mypy


def recent_viewing(
    session: Session, account_id: UUID, lesson_hour_id: UUID, what: str, reason: str, since: datetime
) -> UUID | None:
    query = select(ViewLog.id).where(
        ViewLog.account_id == account_id,
        ViewLog.lesson_hour_id == lesson_hour_id,
        ViewLog.what == what,
        ViewLog.reason == reason,
        ViewLog.at > since,
    )
    return session.scalar(query.limit(1))
