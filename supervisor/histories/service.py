"""One trainee in one class, session by session: check-ins, attendance, leave, make-ups, verdicts. Every look is a line
of the register of looks at persons, written before anything is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from supervisor.attendance import repository as attendance
from supervisor.attendance import staff_repository
from supervisor.attendance.listing import reasons_of, status_of
from supervisor.attendance.models import CheckIn
from supervisor.attendance.register import register
from supervisor.attendance.schemas import RateOut
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.models import ClassSession, TrainingClass
from supervisor.histories import repository
from supervisor.histories.schemas import (
    CheckInOut,
    HistoryOut,
    HourOut,
    LeaveOut,
    MakeupOut,
    OtherEntry,
    SessionOut,
    TotalsOut,
)
from supervisor.leave.models import LeaveRequest
from supervisor.lessons.repository import lessons_of_class
from supervisor.lessons.schemas import ViewReason
from supervisor.paging import after, page_of
from supervisor.privacy.consents import enrolled
from supervisor.privacy.looks import enter_look
from supervisor.profiles import profile_named
from supervisor.rules.attendance import TraineeHour
from supervisor.rules.attendance_rates import HourAttendance, Rate, person_totals
from supervisor.rules.checkin import Direction
from supervisor.rules.checkin_methods import Method
from supervisor.rules.masking import mask_name
from supervisor.rules.verdict_life import Stage


def history(
    centre: Centre, caller: Caller, entry_id: UUID, reason: ViewReason, ip: str, cursor: str | None, size: int
) -> HistoryOut:
    """`size` sessions a page, oldest first. Raises LessonProofError ROSTER_ENTRY_NOT_FOUND (404), CURSOR_INVALID
    (422)."""
    now, key = centre.clock.now(), after(cursor)
    with centre.uow.write() as session:
        found = enrolled(session, caller, entry_id)
        enter_look(session, caller, entry_id, "history", reason, ip, now, "history_viewed")
        plans = repository.sessions(session, found.training.id, key, size + 1)
        page = page_of(plans, size, lambda one: (one.start, one.id), lambda one: one)
        return HistoryOut(
            roster_entry_id=entry_id,
            name=mask_name(found.trainee.name),
            status=found.entry.status,
            since=found.entry.created_at,
            left_at=found.entry.left_at,
            class_id=found.training.id,
            class_no=found.training.class_no,
            class_name=found.training.name,
            others=[
                OtherEntry(roster_entry_id=one.id, class_id=of.id, class_no=of.class_no, class_name=of.name)
                for one, of in repository.others(session, caller, found.entry)
            ],
            totals=_totals(session, caller, entry_id, found.training, now) if key is None else None,
            sessions=_sessions(session, entry_id, found.training, page["items"], now),
            next=page["next"],
        )


def _totals(session: Session, caller: Caller, entry_id: UUID, training: TrainingClass, now: datetime) -> TotalsOut:
    over = [one for one in lessons_of_class(session, caller, training.id) if one.countable and one.hour.end <= now]
    present = register(session, [(one.hour, one.session, one.training) for one in over])
    mine = {hour: tuple(who for who in all_ if who.trainee == str(entry_id)) for hour, all_ in present.items()}
    hours = [HourAttendance(one.session.local_date, mine[one.hour.id]) for one in over]
    told = next(iter(person_totals(hours, profile_named(training.profile).attendance)), None)
    rate = told.rate if told else Rate(0, 0, None)
    return TotalsOut(
        states=told.states if told else {},
        rate=RateOut(attended=rate.attended, hours=rate.hours, enough=rate.enough),
        reviews=Counter(who.flagged for one in mine.values() for who in one)[True],
    )


def _sessions(
    session: Session, entry_id: UUID, training: TrainingClass, plans: Sequence[ClassSession], now: datetime
) -> list[SessionOut]:
    ids = [one.id for one in plans]
    held = {one.id: one for one in plans if one.voided_at is None}
    hours = repository.hours(session, list(held))
    present = register(session, [(one, held[one.session_id], training) for one in hours])
    stages = repository.stages(session, [one.id for one in hours])
    check_ins, leaves = _check_ins(session, entry_id, ids), repository.leaves(session, entry_id)
    makeups = repository.makeups(session, entry_id, ids)
    shown = []
    for plan in plans:
        told: list[HourOut] = []
        for hour in (one for one in hours if one.session_id == plan.id):
            here = _of(present[hour.id], entry_id) if hour.end <= now else None
            stage = stages.get(hour.id)
            told.append(
                HourOut(
                    lesson_hour_id=hour.id,
                    slot=hour.slot,
                    start=hour.start,
                    end=hour.end,
                    status=here.status if here else None,
                    attends=here.attends if here else None,
                    flagged=here.flagged if here else False,
                    stage=Stage(stage) if stage else None,
                )
            )
        shown.append(
            SessionOut(
                session_id=plan.id,
                day=plan.local_date,
                start=plan.start,
                end=plan.end,
                voided=plan.voided_at is not None,
                hours=told,
                check_ins=[one for of, one in check_ins if of == plan.id],
                makeups=[
                    MakeupOut(
                        direction=Direction(one.direction),
                        at=one.at,
                        state=one.state,
                        asked_at=one.asked_at,
                        decided_at=one.decided_at,
                    )
                    for one in makeups
                    if one.session_id == plan.id
                ],
                leaves=[_leave(one) for one in leaves if one.start < plan.end and one.until > plan.start],
            )
        )
    return shown


def _check_ins(session: Session, entry_id: UUID, session_ids: list[UUID]) -> list[tuple[UUID, CheckInOut]]:
    rows: Sequence[CheckIn] = repository.check_ins(session, entry_id, session_ids)
    ids = [row.id for row in rows]
    flags, by_hand = attendance.flags(session, ids), staff_repository.by_hand(session, ids)
    found = []
    for row in rows:
        hand = by_hand.get(row.id)
        told = CheckInOut(
            direction=Direction(row.direction),
            at=row.at,
            made_at=row.made_at,
            method=Method(row.method),
            status=status_of(row, bool(flags.get(row.id)), hand is not None and hand.confirmed),
            reasons=list(reasons_of(row, flags)),
            corrected_by=hand.called_by if hand else None,
        )
        found.append((row.session_id, told))
    return found


def _leave(one: LeaveRequest) -> LeaveOut:
    return LeaveOut(start=one.start, until=one.until, state=one.state, asked_at=one.asked_at, decided_at=one.decided_at)


def _of(hour: Sequence[TraineeHour], entry_id: UUID) -> TraineeHour | None:
    return next((one for one in hour if one.trainee == str(entry_id)), None)
