"""SQL of check-ins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, case, delete, exists, func, literal, select
from sqlalchemy.orm import Session

from storage.database.types import UtcDateTime
from supervisor.attendance.models import (
    CheckIn,
    CheckInFlag,
    CheckInPlace,
    Geofence,
    SiteMethods,
    TeacherRollCallCheckIn,
    TeacherRollCallConfirmation,
)
from supervisor.classes.models import ClassSession, LessonHour, RosterEntry, Trainee, TrainingClass
from supervisor.devices.models import Room, Site

ON_ROSTER = ("enrolled", "active", "completed", "failed")


def session_by_code(session: Session, code: str) -> tuple[ClassSession, TrainingClass, Room, Site] | None:
    """The code is the key: whoever has it may see the session's place and time, and nothing of its people. The code of
    a session that was moved or cancelled opens nothing."""
    row = session.execute(
        select(ClassSession, TrainingClass, Room, Site)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .join(Room, Room.id == ClassSession.room_id)
        .join(Site, Site.id == Room.site_id)
        .where(ClassSession.code == code, ClassSession.voided_at.is_(None))
    ).one_or_none()
    return None if row is None else (row[0], row[1], row[2], row[3])


def entries_named(
    session: Session, class_id: UUID, name: str, last4_hmac: str
) -> Sequence[tuple[RosterEntry, Trainee]]:
    return _entries(session, class_id, (Trainee.name == name) & (Trainee.last4_hmac == last4_hmac))


def entry_of(session: Session, class_id: UUID, trainee_id: UUID) -> tuple[RosterEntry, Trainee] | None:
    found = _entries(session, class_id, Trainee.id == trainee_id)
    return found[0] if found else None


def _entries(session: Session, class_id: UUID, condition: object) -> list[tuple[RosterEntry, Trainee]]:
    query = (
        select(RosterEntry, Trainee)
        .join(Trainee, Trainee.id == RosterEntry.trainee_id)
        .where(RosterEntry.class_id == class_id, RosterEntry.status.in_(ON_ROSTER), condition)  # type: ignore[arg-type]
    )
    return [(entry, trainee) for entry, trainee in session.execute(query)]


def check_in_keyed(session: Session, key: str) -> CheckIn | None:
    return session.scalar(select(CheckIn).where(CheckIn.idempotency_key == key))


def check_ins(session: Session, session_ids: Iterable[UUID]) -> Sequence[CheckIn]:
    """Of the sessions, oldest first, for callers that have already been let into them."""
    query = select(CheckIn).where(CheckIn.session_id.in_(list(session_ids)))
    return session.scalars(query.order_by(CheckIn.at, CheckIn.id)).all()


def check_in_facts(
    session: Session, session_ids: Iterable[UUID], only: UUID | None = None
) -> Sequence[Row[UUID, UUID, str, datetime, str, str]]:
    """Session, roster entry, direction, time, status and method of each check-in: what attendance is made of. `only`:
    of this roster entry.

    The time is the one it speaks of; the status is that of today: a roll call that was confirmed needs no review, and
    one that something was learnt about does.
    """
    flagged = exists().where(CheckInFlag.check_in_id == CheckIn.id)
    status = case(
        (CheckIn.status == "rejected", CheckIn.status),
        (flagged, literal("review")),
        (TeacherRollCallConfirmation.at.is_not(None), literal("accepted")),
        else_=CheckIn.status,
    )
    spoken_of = func.coalesce(CheckIn.made_at, CheckIn.at, type_=UtcDateTime())
    query = (
        select(CheckIn.session_id, CheckIn.roster_entry_id, CheckIn.direction, spoken_of, status, CheckIn.method)
        .outerjoin(TeacherRollCallCheckIn, TeacherRollCallCheckIn.check_in_id == CheckIn.id)
        .outerjoin(
            TeacherRollCallConfirmation, TeacherRollCallConfirmation.roll_call_id == TeacherRollCallCheckIn.roll_call_id
        )
        .where(CheckIn.session_id.in_(list(session_ids)))
    )
    if only is not None:
        query = query.where(CheckIn.roster_entry_id == only)
    return session.execute(query.order_by(spoken_of, CheckIn.id)).all()


def own_check_ins(session: Session, entry_id: UUID) -> list[tuple[CheckIn, bool]]:
    """Of one roster entry, oldest first; whether somebody confirmed the roll call it comes from."""
    query = (
        select(CheckIn, TeacherRollCallConfirmation.at)
        .outerjoin(TeacherRollCallCheckIn, TeacherRollCallCheckIn.check_in_id == CheckIn.id)
        .outerjoin(
            TeacherRollCallConfirmation, TeacherRollCallConfirmation.roll_call_id == TeacherRollCallCheckIn.roll_call_id
        )
        .where(CheckIn.roster_entry_id == entry_id)
    )
    rows = session.execute(query.order_by(CheckIn.at, CheckIn.id))
    return [(row, confirmed is not None) for row, confirmed in rows]


def hours_of_class(session: Session, class_id: UUID) -> list[tuple[LessonHour, ClassSession, TrainingClass]]:
    """Lesson hours in force, oldest first, for callers that have already been let into the class."""
    query = (
        select(LessonHour, ClassSession, TrainingClass)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(TrainingClass.id == class_id, ClassSession.voided_at.is_(None))
    )
    rows = session.execute(query.order_by(LessonHour.start, LessonHour.slot, LessonHour.id))
    return [(hour, plan, training) for hour, plan, training in rows]


def flags(session: Session, check_in_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Reasons learnt afterwards."""
    query = select(CheckInFlag).where(CheckInFlag.check_in_id.in_(list(check_in_ids))).order_by(CheckInFlag.at)
    found: dict[UUID, list[str]] = {}
    for flag in session.scalars(query):
        found.setdefault(flag.check_in_id, []).append(flag.reason)
    return found


def places(session: Session, check_in_ids: Iterable[UUID]) -> dict[UUID, str]:
    query = select(CheckInPlace).where(CheckInPlace.check_in_id.in_(list(check_in_ids)))
    return {place.check_in_id: place.place_hash for place in session.scalars(query)}


def delete_places(session: Session, now: datetime) -> int:
    """Those whose time is over."""
    gone = session.scalars(
        delete(CheckInPlace).where(CheckInPlace.delete_after <= now).returning(CheckInPlace.place_hash)
    )
    return len(gone.all())


def fence_of(session: Session, site_id: UUID) -> Geofence | None:
    return session.get(Geofence, site_id)


def methods_of(session: Session, site_id: UUID) -> list[str] | None:
    """None: the usual ones."""
    found = session.get(SiteMethods, site_id)
    return None if found is None else list(found.methods)


def last_device(session: Session, entry_id: UUID) -> str | None:
    """The device of this person's latest check-in to the class by a device, refused tries left out."""
    query = select(CheckIn.device_hash).where(
        CheckIn.roster_entry_id == entry_id, CheckIn.status != "rejected", CheckIn.device_hash.is_not(None)
    )
    return session.scalar(query.order_by(CheckIn.at.desc(), CheckIn.id).limit(1))


def code_used(session: Session, session_id: UUID, entry_id: UUID, step: int) -> bool:
    query = select(CheckIn.id).where(
        CheckIn.session_id == session_id, CheckIn.roster_entry_id == entry_id, CheckIn.code_step == step
    )
    return session.scalar(query.limit(1)) is not None


def elsewhere(session: Session, trainee_id: UUID, held: ClassSession) -> Sequence[CheckIn]:
    """This person's check-ins, not refused, to sessions of other classes at the same time."""
    query = (
        select(CheckIn)
        .join(RosterEntry, RosterEntry.id == CheckIn.roster_entry_id)
        .join(ClassSession, ClassSession.id == CheckIn.session_id)
        .where(
            RosterEntry.trainee_id == trainee_id,
            ClassSession.class_id != held.class_id,
            ClassSession.start < held.end,
            ClassSession.end > held.start,
            CheckIn.status != "rejected",
        )
    )
    return session.scalars(query).all()


def earlier_rooms(session: Session, plans: Iterable[ClassSession]) -> dict[UUID, UUID]:
    """Void session → the one of these that was held in its stead at the same time, in another room: whoever had already
    checked in is in time there too."""
    moved = {plan.replaces: plan for plan in plans if plan.replaces is not None}
    found: dict[UUID, UUID] = {}
    while moved:  # a session may be moved more than once
        rows = session.scalars(select(ClassSession).where(ClassSession.id.in_(list(moved)))).all()
        same = [
            (old, moved[old.id]) for old in rows if (old.start, old.end) == (moved[old.id].start, moved[old.id].end)
        ]
        found |= {old.id: plan.id for old, plan in same}
        moved = {old.replaces: plan for old, plan in same if old.replaces is not None}
    return found


def people_on_device(session: Session, session_id: UUID, device_hash: str) -> set[UUID]:
    """Roster entries that this device has checked in for this session, refused tries left out."""
    query = select(CheckIn.roster_entry_id).where(
        CheckIn.session_id == session_id, CheckIn.device_hash == device_hash, CheckIn.status != "rejected"
    )
    return set(session.scalars(query))


def roster_sizes(session: Session, class_ids: Iterable[UUID]) -> dict[UUID, int]:
    query = (
        select(RosterEntry.class_id, func.count())
        .where(RosterEntry.class_id.in_(list(class_ids)), RosterEntry.status.in_(ON_ROSTER))
        .group_by(RosterEntry.class_id)
    )
    return {class_id: size for class_id, size in session.execute(query)}  # noqa: C416 - rows are no pairs to mypy


def roster_spans(
    session: Session, class_ids: Iterable[UUID], only: UUID | None = None
) -> dict[UUID, list[tuple[str, datetime, datetime | None]]]:
    """Class → opaque reference of each trainee, since when and (for who dropped out) until when on the roster, in
    roster order. `only`: of this roster entry."""
    query = (
        select(RosterEntry.class_id, RosterEntry.id, RosterEntry.created_at, RosterEntry.left_at)
        .where(
            RosterEntry.class_id.in_(list(class_ids)),
            RosterEntry.status.in_(ON_ROSTER) | RosterEntry.left_at.is_not(None),
        )
        .order_by(RosterEntry.position)
    )
    if only is not None:
        query = query.where(RosterEntry.id == only)
    spans: dict[UUID, list[tuple[str, datetime, datetime | None]]] = {}
    for class_id, entry_id, since, until in session.execute(query):
        spans.setdefault(class_id, []).append((str(entry_id), since, until))
    return spans


def trainees_of(session: Session, entry_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Roster entry → the person."""
    query = select(RosterEntry.id, RosterEntry.trainee_id).where(RosterEntry.id.in_(list(entry_ids)))
    return {entry: trainee for entry, trainee in session.execute(query)}  # noqa: C416 - rows are no pairs to mypy


def people_of(session: Session, class_ids: Iterable[UUID]) -> dict[UUID, list[tuple[UUID, str]]]:
    """Class → roster entry and name of who is on the roster now, in its order."""
    query = (
        select(RosterEntry.class_id, RosterEntry.id, Trainee.name)
        .join(Trainee, Trainee.id == RosterEntry.trainee_id)
        .where(RosterEntry.class_id.in_(list(class_ids)), RosterEntry.status.in_(ON_ROSTER))
        .order_by(RosterEntry.class_id, RosterEntry.position)
    )
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for class_id, entry, name in session.execute(query):
        found.setdefault(class_id, []).append((entry, name))
    return found
