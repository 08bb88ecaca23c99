"""SQL of places and devices. People see their own institution's; a box sees itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, true
from sqlalchemy.orm import Session

from supervisor.accounts.models import Account
from supervisor.callers import Caller
from supervisor.classes.models import ClassSession, Institution, LessonHour, TrainingClass
from supervisor.decisions.models import LessonLife
from supervisor.devices.models import Box, BoxKey, Camera, EnrolmentCode, Room, Site
from supervisor.paging import paged
from supervisor.patrol.models import Patrol, PatrolClosing, RollCall, RollCallAnswer
from supervisor.rules.verdict_life import Next, Stage
from supervisor.vault import token_hash

APPROVED = ("approved", "running", "finished", "examined", "closed")
"""Class states in which lesson hours are real."""


def site(session: Session, caller: Caller, site_id: UUID, *, lock: bool = False) -> Site | None:
    """`lock`: nothing else is set up there until the transaction ends: a name found free is free."""
    query = select(Site).where(Site.id == site_id, caller.sees(Site.institution_id))
    return session.scalar(query.with_for_update(of=Site) if lock else query)


def sites(session: Session, caller: Caller, cursor: str | None, size: int) -> Sequence[Site]:
    query = select(Site).where(caller.sees(Site.institution_id))
    return session.scalars(paged(query, Site.created_at, Site.id, cursor, size)).all()


def room(session: Session, caller: Caller, room_id: UUID) -> Room | None:
    return session.scalar(select(Room).join(Site).where(Room.id == room_id, caller.sees(Site.institution_id)))


def rooms(session: Session, caller: Caller, cursor: str | None, size: int) -> Sequence[Room]:
    query = select(Room).join(Site).where(caller.sees(Site.institution_id))
    return session.scalars(paged(query, Room.created_at, Room.id, cursor, size)).all()


def box(session: Session, caller: Caller, box_id: UUID, *, lock: bool = False) -> Box | None:
    query = select(Box).join(Site).where(Box.id == box_id, caller.sees(Site.institution_id))
    return session.scalar(query.with_for_update(of=Box) if lock else query)


def boxes(session: Session, caller: Caller) -> Sequence[Box]:
    return session.scalars(select(Box).join(Site).where(caller.sees(Site.institution_id)).order_by(Box.name)).all()


def page_of_boxes(session: Session, caller: Caller, cursor: str | None, size: int) -> Sequence[Box]:
    query = select(Box).join(Site).where(caller.sees(Site.institution_id))
    return session.scalars(paged(query, Box.created_at, Box.id, cursor, size)).all()


def cameras(session: Session, caller: Caller) -> Sequence[Camera]:
    return session.scalars(_cameras(caller).order_by(Camera.code)).all()


def page_of_cameras(session: Session, caller: Caller, cursor: str | None, size: int) -> Sequence[Camera]:
    return session.scalars(paged(_cameras(caller), Camera.created_at, Camera.id, cursor, size)).all()


def _cameras(caller: Caller) -> Select[Camera]:
    query = select(Camera).join(Room, Room.id == Camera.room_id).join(Site, Site.id == Room.site_id)
    return query.where(caller.sees(Site.institution_id))


def camera(session: Session, caller: Caller, camera_id: UUID) -> tuple[Camera, Room] | None:
    query = select(Camera, Room).join(Room, Room.id == Camera.room_id).join(Site, Site.id == Room.site_id)
    row = session.execute(query.where(Camera.id == camera_id, caller.sees(Site.institution_id))).one_or_none()
    return None if row is None else (row[0], row[1])


def box_of_room(session: Session, room_id: UUID, but: UUID | None = None) -> UUID | None:
    """The working box that the room's cameras hang on, camera `but` left out. Revoked boxes do not work any more."""
    query = select(Box.id).join(Camera, Camera.box_id == Box.id).where(Camera.room_id == room_id)
    query = query.where(Box.revoked_at.is_(None), Camera.id != but if but else true())
    return session.scalar(query.limit(1))


def room_cameras(session: Session, room_id: UUID) -> Sequence[Camera]:
    """Cameras of one room, for callers that have already been let into the room's lesson."""
    return session.scalars(select(Camera).where(Camera.room_id == room_id).order_by(Camera.code)).all()


def code_of(session: Session, code: str) -> EnrolmentCode | None:
    return session.scalar(select(EnrolmentCode).where(EnrolmentCode.code_sha256 == token_hash(code)))


def void_codes(session: Session, box_id: UUID, now: datetime) -> int:
    """Makes the box's codes void that could still be used; gives their number. For who holds the box's lock."""
    query = select(EnrolmentCode).where(EnrolmentCode.box_id == box_id, EnrolmentCode.expires_at > now)
    found = session.scalars(query.where(EnrolmentCode.used_at.is_(None), EnrolmentCode.voided_at.is_(None))).all()
    for code in found:
        code.voided_at = now
    return len(found)


def own_cameras(session: Session, box_id: UUID) -> Sequence[tuple[Camera, Room]]:
    query = select(Camera, Room).join(Room, Room.id == Camera.room_id).where(Camera.box_id == box_id)
    return [(camera, room) for camera, room in session.execute(query.order_by(Camera.code))]


def own_lessons(
    session: Session, box_id: UUID, since: datetime, until: datetime
) -> Sequence[tuple[LessonHour, ClassSession, TrainingClass]]:
    """Lesson hours the box has to record: in a room with one of its cameras, of an approved class, not before
    approval, neither moved nor cancelled."""
    rooms = select(Camera.room_id).where(Camera.box_id == box_id)
    query = (
        select(LessonHour, ClassSession, TrainingClass)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(
            ClassSession.room_id.in_(rooms),
            ClassSession.voided_at.is_(None),
            TrainingClass.status.in_(APPROVED),
            LessonHour.start >= TrainingClass.approved_at,
            LessonHour.end > since,
            LessonHour.start < until,
        )
        .order_by(LessonHour.start, LessonHour.id)
    )
    return [(lesson, plan, training) for lesson, plan, training in session.execute(query)]


def site_of_box(session: Session, box_id: UUID) -> UUID:
    return session.scalars(select(Box.site_id).where(Box.id == box_id)).one()


def roll_calls(
    session: Session, lesson_hours: Collection[UUID], since: datetime
) -> list[tuple[UUID, RollCall, set[str]]]:
    """Of open patrols, oldest first: lesson hour, roll call, and who has answered."""
    query = (
        select(Patrol.lesson_hour_id, RollCall)
        .join(Patrol, Patrol.id == RollCall.patrol_id)
        .outerjoin(PatrolClosing, PatrolClosing.patrol_id == Patrol.id)
        .where(Patrol.lesson_hour_id.in_(list(lesson_hours)), RollCall.at >= since, PatrolClosing.patrol_id.is_(None))
        .order_by(RollCall.at)
    )
    rows = session.execute(query).all()
    answers = select(RollCallAnswer.roll_call_id, RollCallAnswer.roster_entry_id)
    said: dict[UUID, set[str]] = {}
    if rows:
        for call_id, entry in session.execute(
            answers.where(RollCallAnswer.roll_call_id.in_([row[1].id for row in rows]))
        ):
            said.setdefault(call_id, set()).add(str(entry))
    return [(lesson_hour_id, call, said.get(call.id, set())) for lesson_hour_id, call in rows]


def unexplained(
    session: Session, box_id: UUID, now: datetime
) -> list[tuple[LessonHour, ClassSession, TrainingClass, datetime]]:
    """Lesson hours in the box's rooms that are proposed to fail and wait for the institution, the most urgent first."""
    rooms = select(Camera.room_id).where(Camera.box_id == box_id)
    query = (
        select(LessonHour, ClassSession, TrainingClass, LessonLife.until)
        .join(LessonLife, LessonLife.lesson_hour_id == LessonHour.id)
        .join(ClassSession, ClassSession.id == LessonHour.session_id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .where(
            ClassSession.room_id.in_(rooms),
            LessonLife.stage == Stage.FAIL_PROPOSED_EXPLAIN,
            LessonLife.next == Next.INSTITUTION,
            LessonLife.until > now,
        )
        .order_by(LessonLife.until, LessonHour.start)
        .limit(20)
    )
    return [(lesson, plan, training, until) for lesson, plan, training, until in session.execute(query) if until]


def sites_of(session: Session, institution_ids: Collection[UUID]) -> Sequence[Site]:
    """For callers that have already been let into the institutions."""
    query = select(Site).where(Site.institution_id.in_(institution_ids))
    return session.scalars(query.order_by(Site.name, Site.id)).all()


def rooms_at(session: Session, site_ids: Collection[UUID]) -> Sequence[Room]:
    """For callers that have already been let into the sites, as the next four."""
    return session.scalars(select(Room).where(Room.site_id.in_(site_ids)).order_by(Room.name, Room.id)).all()


def boxes_at(session: Session, site_ids: Collection[UUID]) -> Sequence[Box]:
    """The working ones first."""
    query = select(Box).where(Box.site_id.in_(site_ids))
    return session.scalars(query.order_by(Box.revoked_at.is_not(None), Box.name, Box.id)).all()


def cameras_at(session: Session, site_ids: Collection[UUID]) -> Sequence[tuple[Camera, Room]]:
    query = select(Camera, Room).join(Room, Room.id == Camera.room_id).where(Room.site_id.in_(site_ids))
    return [(camera, room) for camera, room in session.execute(query.order_by(Camera.code, Camera.id))]


def key_changes(session: Session, box_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Of boxes that changed their key: when they last did."""
    query = select(BoxKey.box_id, func.max(BoxKey.valid_until)).where(BoxKey.box_id.in_(box_ids))
    return dict(session.execute(query.group_by(BoxKey.box_id)).all())


def open_codes(session: Session, box_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Of boxes with a code that nobody used: when the newest ends, or ended. A void one is none."""
    query = select(EnrolmentCode.box_id, func.max(EnrolmentCode.expires_at))
    query = query.where(
        EnrolmentCode.box_id.in_(box_ids), EnrolmentCode.used_at.is_(None), EnrolmentCode.voided_at.is_(None)
    )
    return dict(session.execute(query.group_by(EnrolmentCode.box_id)).all())


def counts(session: Session, caller: Caller) -> dict[str, int]:
    """Institutions, sites, rooms, boxes and cameras in the caller's scope, and the accounts of others."""
    seen = caller.sees(Site.institution_id)
    asked = {
        "institutions": select(func.count()).select_from(Institution).where(caller.sees(Institution.id)),
        "sites": select(func.count()).select_from(Site).where(seen),
        "rooms": select(func.count()).select_from(Room).join(Site).where(seen),
        "boxes": select(func.count()).select_from(Box).join(Site).where(seen),
        "cameras": select(func.count())
        .select_from(Camera)
        .join(Room, Room.id == Camera.room_id)
        .join(Site, Site.id == Room.site_id)
        .where(seen),
        "accounts": select(func.count()).select_from(Account).where(Account.id != caller.account_id),
    }
    return {name: session.scalar(query) or 0 for name, query in asked.items()}
