"""What the classroom's screen is told, as part of the box's target: sessions of today with their people, who has
checked in, the code to scan, an inspector's roll call, and which hours wait for an explanation.

Names leave the centre for sessions that are on or begin within a day, and for the box of their own room; of a secret
unit's class nothing does (A-29). The secret of a session's code leaves with them, so that the screen works without the
line: whoever has it can make that session's codes, no other's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from supervisor.attendance import repository as attendance
from supervisor.attendance.box_card import hashes_of, salt_of
from supervisor.attendance.proof import methods_at, proof_rules, session_secret
from supervisor.centre import Centre
from supervisor.classes.models import ClassSession, LessonHour, TrainingClass
from supervisor.contract.target import (
    TargetCards,
    TargetCode,
    TargetExplanation,
    TargetPerson,
    TargetRollCall,
    TargetSession,
)
from supervisor.devices import repository
from supervisor.profiles import profile_named
from supervisor.rules.attendance import AttendanceStatus, TraineeHour
from supervisor.rules.checkin import CheckInResult, Direction
from supervisor.rules.checkin_methods import Method
from supervisor.rules.evidence import ExemptKind
from supervisor.rules.rotating_code import scan_address

BEFORE = timedelta(hours=24)  # a box may be without the line for so long and still show codes and call rolls
AFTER = timedelta(hours=1)
DRAWN = timedelta(minutes=30)  # an older roll call of an inspector is not shown any more

Rows = Sequence[tuple[LessonHour, ClassSession, TrainingClass]]


def sessions(
    centre: Centre,
    session: Session,
    box_id: UUID,
    rows: Rows,
    register: Mapping[UUID, tuple[TraineeHour, ...]],
    now: datetime,
) -> tuple[TargetSession, ...]:
    """`rows`: the box's lesson hours; `register`: of those where check-in has begun. In order of their start."""
    near = {
        plan.id: (plan, training)
        for _, plan, training in rows
        if plan.start <= now + BEFORE and plan.end > now - AFTER and training.exempt != ExemptKind.SECRET_UNIT
    }
    if not near:
        return ()
    hours: dict[UUID, list[UUID]] = {}
    for lesson, plan, _ in rows:
        hours.setdefault(plan.id, []).append(lesson.id)
    people = attendance.people_of(session, {training.id for _, training in near.values()})
    came: dict[tuple[UUID, str], set[str]] = {}
    for held, entry, direction, _, status, _ in attendance.check_in_facts(session, near):
        if status != CheckInResult.REJECTED:
            came.setdefault((held, direction), set()).add(str(entry))
    drawn = _drawn(session, {hour for held in near for hour in hours[held]}, now)
    methods = methods_at(session, repository.site_of_box(session, box_id))
    return tuple(
        TargetSession(
            session_id=plan.id,
            lesson_hours=tuple(hours[plan.id]),
            class_name=training.name,
            room_id=plan.room_id,
            start=plan.start,
            end=plan.end,
            profile=training.profile,
            people=tuple(TargetPerson(ref=str(entry), name=name) for entry, name in people.get(training.id, [])),
            checked_in=tuple(sorted(came.get((plan.id, Direction.IN), ()))),
            checked_out=tuple(sorted(came.get((plan.id, Direction.OUT), ()))),
            on_leave=_on_leave(register, hours[plan.id]),
            roll_call=Method.ROLL_CALL in methods,
            code=_code(centre, plan, training),
            cards=_cards(centre, session, plan) if Method.ID_CARD in methods else None,
            drawn=next((drawn[hour] for hour in hours[plan.id] if hour in drawn), None),
        )
        for plan, training in sorted(near.values(), key=lambda one: (one[0].start, one[0].id))
    )


def to_explain(centre: Centre, session: Session, box_id: UUID, now: datetime) -> tuple[TargetExplanation, ...]:
    return tuple(
        TargetExplanation(
            lesson_hour_id=lesson.id,
            class_name=training.name,
            room_id=plan.room_id,
            start=lesson.start,
            until=until,
            address=f"{centre.public_url}/lessons/{lesson.id}",
        )
        for lesson, plan, training, until in repository.unexplained(session, box_id, now)
    )


def _on_leave(register: Mapping[UUID, tuple[TraineeHour, ...]], hours: Sequence[UUID]) -> tuple[str, ...]:
    """Those on leave for every hour that is known."""
    known = [{one.trainee for one in register[hour] if one.status is AttendanceStatus.LEAVE} for hour in hours
             if hour in register]  # fmt: skip
    return tuple(sorted(set.intersection(*known))) if known else ()


def _code(centre: Centre, plan: ClassSession, training: TrainingClass) -> TargetCode | None:
    if proof_rules(profile_named(training.profile)).rotating_code == "off":
        return None
    secret, address = session_secret(centre, plan.id), scan_address(centre.public_url, plan.code)
    return TargetCode(secret=secret.hex(), address=address)


def _cards(centre: Centre, session: Session, plan: ClassSession) -> TargetCards:
    return TargetCards(salt=salt_of(centre, plan.id).hex(), hashes=hashes_of(session, plan.id))


def _drawn(session: Session, lesson_hours: Collection[UUID], now: datetime) -> dict[UUID, TargetRollCall]:
    """Lesson hour → its newest roll call that still has somebody to answer."""
    found: dict[UUID, TargetRollCall] = {}
    for lesson_hour_id, call, answered in repository.roll_calls(session, lesson_hours, now - DRAWN):
        left = tuple(one for one in call.drawn if one not in answered)
        if left:
            found[lesson_hour_id] = TargetRollCall(roll_call_id=call.id, at=call.at, called=left)
    return found
