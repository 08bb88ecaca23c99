"""SQL of consents, reveals, the rights desk and the registers. People see their own institution's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from config.clock import CHINA
from storage.database.base import CentreBase
from supervisor.attendance.models import CheckIn
from supervisor.callers import Caller
from supervisor.classes.models import ClassSession, LessonHour, RosterEntry, Trainee, TrainingClass
from supervisor.devices.models import Camera
from supervisor.lessons.models import EvidenceClip, ViewLog
from supervisor.paging import Key
from supervisor.privacy.models import Consent, Reveal, RightsAnswer, RightsRequest
from supervisor.privacy.schemas import ViewsWanted


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A trainee in a class."""

    entry: RosterEntry
    trainee: Trainee
    training: TrainingClass


def enrolled(session: Session, caller: Caller, entry_id: UUID) -> Enrolled | None:
    query = (
        select(RosterEntry, Trainee, TrainingClass)
        .join(Trainee, Trainee.id == RosterEntry.trainee_id)
        .join(TrainingClass, TrainingClass.id == RosterEntry.class_id)
        .where(RosterEntry.id == entry_id, caller.sees(TrainingClass.institution_id))
    )
    row = session.execute(query).one_or_none()
    return None if row is None else Enrolled(*row)


def consents(session: Session, trainee_id: UUID) -> dict[str, Consent]:
    """The newest word on each purpose."""
    query = select(Consent).where(Consent.trainee_id == trainee_id).order_by(Consent.purpose, Consent.seq)
    return {one.purpose: one for one in session.scalars(query)}


def lock_trainee(session: Session, trainee_id: UUID) -> None:
    """One transaction at a time adds to a trainee's consents."""
    session.execute(select(Trainee.id).where(Trainee.id == trainee_id).with_for_update())


def withdrawn_faces(session: Session, box_id: UUID, since: datetime) -> list[str]:
    """Roster references, in classes the box still serves, whose trainee's newest word on faces is no."""
    newest = (
        select(Consent.trainee_id, func.max(Consent.seq).label("seq"))
        .where(Consent.purpose == "face")
        .group_by(Consent.trainee_id)
        .subquery()
    )
    served = (
        select(ClassSession.class_id)
        .join(Camera, Camera.room_id == ClassSession.room_id)
        .where(Camera.box_id == box_id, ClassSession.end >= since)
    )
    query = (
        select(RosterEntry.id)
        .join(Consent, Consent.trainee_id == RosterEntry.trainee_id)
        .join(newest, (newest.c.trainee_id == Consent.trainee_id) & (newest.c.seq == Consent.seq))
        .where(Consent.purpose == "face", Consent.given.is_(False), RosterEntry.class_id.in_(served))
        .order_by(RosterEntry.id)
    )
    return [str(entry) for entry in session.scalars(query)]


def check_ins_of(session: Session, entry_id: UUID) -> Sequence[CheckIn]:
    return session.scalars(select(CheckIn).where(CheckIn.roster_entry_id == entry_id).order_by(CheckIn.at)).all()


def views_of_class(session: Session, class_id: UUID, limit: int) -> Sequence[ViewLog]:
    """Newest first: who looked at lessons of this class."""
    query = (
        select(ViewLog)
        .join(LessonHour, LessonHour.id == ViewLog.lesson_hour_id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .where(ClassSession.class_id == class_id)
    )
    return session.scalars(query.order_by(ViewLog.at.desc(), ViewLog.id.desc()).limit(limit)).all()


def views(
    session: Session, caller: Caller, wanted: ViewsWanted, after: Key | None, limit: int
) -> list[tuple[ViewLog, str]]:
    """The viewing register, newest first, with the class number."""
    query = (
        select(ViewLog, TrainingClass.class_no)
        .join(LessonHour, LessonHour.id == ViewLog.lesson_hour_id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(caller.sees(TrainingClass.institution_id), *_older(ViewLog.at, ViewLog.id, after))
    )
    if wanted.text:
        query = query.where(or_(*(one.contains(wanted.text, autoescape=True) for one in (ViewLog.name, ViewLog.unit))))
    if wanted.class_no:
        query = query.where(TrainingClass.class_no == wanted.class_no)
    if wanted.first_day is not None:
        query = query.where(ViewLog.at >= datetime.combine(wanted.first_day, time(), CHINA))
    if wanted.last_day is not None:
        query = query.where(ViewLog.at < datetime.combine(wanted.last_day + timedelta(days=1), time(), CHINA))
    rows = session.execute(query.order_by(ViewLog.at.desc(), ViewLog.id.desc()).limit(limit))
    return [(view, class_no) for view, class_no in rows]


def reveals(session: Session, caller: Caller, after: Key | None, limit: int) -> Sequence[Reveal]:
    query = (
        select(Reveal)
        .join(RosterEntry, RosterEntry.id == Reveal.roster_entry_id)
        .join(TrainingClass, TrainingClass.id == RosterEntry.class_id)
        .where(caller.sees(TrainingClass.institution_id), *_older(Reveal.at, Reveal.id, after))
    )
    return session.scalars(query.order_by(Reveal.at.desc(), Reveal.id.desc()).limit(limit)).all()


RequestRow = tuple[RightsRequest, RightsAnswer | None, Trainee, TrainingClass]


def requests(session: Session, caller: Caller, after: Key | None, limit: int, *, open_only: bool) -> list[RequestRow]:
    """By the day they are due."""
    query = _requests().where(caller.sees(TrainingClass.institution_id))
    if open_only:
        query = query.where(RightsAnswer.request_id.is_(None))
    if after is not None:
        query = query.where(tuple_(RightsRequest.due_at, RightsRequest.id) > after)
    return _request_rows(session, query.order_by(RightsRequest.due_at, RightsRequest.id).limit(limit))


def requests_of(session: Session, entry_id: UUID) -> list[RequestRow]:
    query = _requests().where(RightsRequest.roster_entry_id == entry_id)
    return _request_rows(session, query.order_by(RightsRequest.created_at, RightsRequest.id))


def request(session: Session, caller: Caller, request_id: UUID) -> RequestRow | None:
    """Locked against a second answer at the same moment."""
    query = _requests().where(RightsRequest.id == request_id, caller.sees(TrainingClass.institution_id))
    return next(iter(_request_rows(session, query.with_for_update(of=RightsRequest))), None)


_Requests = Select[RightsRequest, RightsAnswer, Trainee, TrainingClass]


def _requests() -> _Requests:
    return (
        select(RightsRequest, RightsAnswer, Trainee, TrainingClass)
        .outerjoin(RightsAnswer, RightsAnswer.request_id == RightsRequest.id)
        .join(RosterEntry, RosterEntry.id == RightsRequest.roster_entry_id)
        .join(Trainee, Trainee.id == RosterEntry.trainee_id)
        .join(TrainingClass, TrainingClass.id == RosterEntry.class_id)
    )


def _request_rows(session: Session, query: _Requests) -> list[RequestRow]:
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]


def _older(
    at: InstrumentedAttribute[datetime], row: InstrumentedAttribute[UUID], after: Key | None
) -> Iterable[ColumnElement[bool]]:
    return [] if after is None else [tuple_(at, row) < after]


def class_runs(session: Session, trainee_id: UUID, statuses: Iterable[str]) -> bool:
    """Whether the trainee is in a class whose evidence is still owed to somebody."""
    query = (
        select(RosterEntry.id)
        .join(TrainingClass, TrainingClass.id == RosterEntry.class_id)
        .where(RosterEntry.trainee_id == trainee_id, TrainingClass.status.in_(list(statuses)))
        .limit(1)
    )
    return session.scalar(query) is not None


def clips_kept(session: Session, trainee_id: UUID) -> bool:
    query = (
        select(EvidenceClip.id)
        .join(LessonHour, LessonHour.id == EvidenceClip.lesson_hour_id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .join(RosterEntry, RosterEntry.class_id == ClassSession.class_id)
        .where(RosterEntry.trainee_id == trainee_id, EvidenceClip.state != "deleted")
        .limit(1)
    )
    return session.scalar(query) is not None


def counted(
    session: Session, table: type[CentreBase], at: InstrumentedAttribute[datetime], start: datetime, end: datetime,
    *where: ColumnElement[bool],
) -> int:  # fmt: skip
    query = select(func.count()).select_from(table).where(at >= start, at < end, *where)
    return session.scalar(query) or 0
