"""What teachers and inspectors do around check-in: come first, call the roll, confirm it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from config.errors import LessonProofError
from storage.database.types import new_id
from supervisor.attendance import repository, staff_repository
from supervisor.attendance.device import read_device
from supervisor.attendance.models import (
    CheckIn,
    TeacherCheckIn,
    TeacherRollCall,
    TeacherRollCallCheckIn,
    TeacherRollCallConfirmation,
)
from supervisor.attendance.proof import require_method
from supervisor.attendance.schemas import RollCallIn, RollCallOut, TeacherCheckInOut
from supervisor.attendance.service import session_coded
from supervisor.attendance.staff_repository import Held
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.decisions.cache import refresh
from supervisor.devices.repository import APPROVED
from supervisor.lessons.repository import lessons_of_session
from supervisor.lessons.verdicts import rejudge_session
from supervisor.profiles import profile_named
from supervisor.rules.checkin import CheckInReason, CheckInResult, Direction, SessionTimes, check_in_window
from supervisor.rules.checkin_methods import BY_PHONE, Method


def teacher_check_in(centre: Centre, caller: Caller, session_id: UUID) -> TeacherCheckInOut:
    """From the opening of check-in to the end of the session; a second time says when the first was.

    Raises LessonProofError SESSION_NOT_FOUND (404), NO_SESSION, TOO_EARLY, TOO_LATE (422)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        held = found_session(session, caller, session_id)
        staff_repository.lock_session(session, session_id)
        for earlier in staff_repository.teacher_check_ins(session, session_id):
            if earlier.account_id == caller.account_id:
                return TeacherCheckInOut(session_id=session_id, at=earlier.at)
        rules = profile_named(held.training.profile).checkin
        times = SessionTimes(held.session.start, held.session.end)
        _require_open(held, now, check_in_window(Direction.IN, times, rules).opens, held.session.end)
        session.add(TeacherCheckIn(session_id=session_id, account_id=caller.account_id, at=now))
        record(session, now, caller.actor, "teacher_checked_in", f"session:{session_id}")
        for lesson in lessons_of_session(session, session_id):
            refresh(session, lesson.hour.id, now)  # in the very last second the sign may be there already
    return TeacherCheckInOut(session_id=session_id, at=now)


def call_roll(centre: Centre, caller: Caller, session_id: UUID, wanted: RollCallIn) -> RollCallOut:
    """The teacher's word: for review until one trainee or an inspector confirms it (A-13).

    Raises LessonProofError SESSION_NOT_FOUND (404), NOT_ON_ROSTER, METHOD_NOT_ENABLED, NO_SESSION, TOO_EARLY, TOO_LATE
    (422)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        held = found_session(session, caller, session_id)
        require_method(session, held.site.id, Method.ROLL_CALL)
        times = SessionTimes(held.session.start, held.session.end)
        window = check_in_window(wanted.direction, times, profile_named(held.training.profile).checkin)
        _require_open(held, now, window.opens, window.closes)
        spans = repository.roster_spans(session, [held.training.id]).get(held.training.id, [])
        roster = {entry for entry, since, until in spans if since <= now and (until is None or now < until)}
        for index, entry in enumerate(wanted.present):
            if str(entry) not in roster:
                raise LessonProofError(
                    "NOT_ON_ROSTER",
                    status=422,
                    where=f"/present/{index}",
                    zh=f"第 {index + 1} 人不在花名册上",
                    en=f"person {index + 1} is not on the roster",
                )
        here = {
            one.roster_entry_id
            for one in repository.check_ins(session, [session_id])
            if one.direction == wanted.direction and one.status != CheckInResult.REJECTED
        }
        call = TeacherRollCall(session_id=session_id, direction=wanted.direction, at=now, called_by=caller.account_id)
        session.add(call)
        session.flush()
        added = [entry for entry in dict.fromkeys(wanted.present) if entry not in here]
        for entry in added:
            row = CheckIn(
                session_id=session_id,
                roster_entry_id=entry,
                direction=wanted.direction,
                at=now,
                method=Method.ROLL_CALL,
                device_hash=None,
                idempotency_key=new_id().hex,
                status=CheckInResult.REVIEW,
                reasons=[CheckInReason.MANUAL],
            )
            session.add(row)
            session.flush()
            session.add(TeacherRollCallCheckIn(check_in_id=row.id, roll_call_id=call.id))
        session.flush()
        details: dict[str, Any] = {
            "session_id": str(session_id),
            "direction": wanted.direction.value,
            "people": len(added),
        }
        record(session, now, caller.actor, "roll_called", f"roll_call:{call.id}", **details)
        rejudge_session(session, session_id, now)
        return RollCallOut(
            id=call.id,
            session_id=session_id,
            direction=wanted.direction,
            at=now,
            added=len(added),
            confirmed_at=None,
        )


def confirm_as_inspector(centre: Centre, caller: Caller, roll_call_id: UUID) -> None:
    """Raises LessonProofError ROLL_CALL_NOT_FOUND (404), ROLL_CALL_CONFIRMED (409)."""
    with centre.uow.write() as session:
        call = staff_repository.roll_call(session, roll_call_id)
        if call is None or staff_repository.held(session, caller, call.session_id) is None:
            raise _roll_call_not_found()
        confirmation = TeacherRollCallConfirmation(
            roll_call_id=call.id, at=centre.clock.now(), account_id=caller.account_id
        )
        _confirm(session, call, confirmation, caller.actor)


def confirm_as_trainee(centre: Centre, code: str, roll_call_id: UUID, cookie: str | None) -> None:
    """By a trainee of the class who is there: who checked in to this session by the phone that confirms.

    Raises LessonProofError SESSION_NOT_FOUND, ROLL_CALL_NOT_FOUND (404), CONFIRMER_NOT_THERE (403), ROLL_CALL_CONFIRMED
    (409)."""
    device = read_device(centre.vault, cookie)
    with centre.uow.write() as session:
        held, training, _, _ = session_coded(session, code)
        call = staff_repository.roll_call(session, roll_call_id)
        if call is None or call.session_id != held.id:
            raise _roll_call_not_found()
        known = repository.entry_of(session, training.id, device.trainee_id) if device.trainee_id else None
        there = known is not None and any(
            one.roster_entry_id == known[0].id
            and one.method in BY_PHONE
            and one.device_hash == device.hashed
            and one.status != CheckInResult.REJECTED
            for one in repository.check_ins(session, [held.id])
        )
        if known is None or not there:
            raise LessonProofError(
                "CONFIRMER_NOT_THERE",
                status=403,
                zh="请先用本手机为本人打卡,再确认点名",
                en="check in yourself with this phone first, then confirm the roll call",
            )
        confirmation = TeacherRollCallConfirmation(
            roll_call_id=call.id, at=centre.clock.now(), roster_entry_id=known[0].id
        )
        _confirm(session, call, confirmation, f"roster_entry:{known[0].id}")


def _confirm(session: Session, call: TeacherRollCall, confirmation: TeacherRollCallConfirmation, actor: str) -> None:
    if staff_repository.confirmation(session, call.id) is not None:
        raise LessonProofError(
            "ROLL_CALL_CONFIRMED", status=409, zh="这次点名已经确认过", en="this roll call is confirmed already"
        )
    session.add(confirmation)
    session.flush()
    record(session, confirmation.at, actor, "roll_call_confirmed", f"roll_call:{call.id}")
    rejudge_session(session, call.session_id, confirmation.at)


def _require_open(held: Held, now: datetime, opens: datetime, closes: datetime) -> None:
    """To the second, as for trainees."""
    second = now.replace(microsecond=0)
    if held.training.status not in APPROVED:
        raise LessonProofError("NO_SESSION", status=422, zh="这节课还没有获准开班", en="this class is not approved")
    if second < opens:
        raise LessonProofError("TOO_EARLY", status=422, zh="签到还没有开始", en="check-in is not open yet")
    if second > closes:
        raise LessonProofError("TOO_LATE", status=422, zh="签到时间已过", en="check-in is over")


def found_session(session: Session, caller: Caller, session_id: UUID) -> Held:
    held = staff_repository.held(session, caller, session_id)
    if held is None:
        raise session_not_found()
    return held


def session_not_found() -> LessonProofError:
    return LessonProofError("SESSION_NOT_FOUND", status=404, zh="没有这个课次", en="no such session")


def _roll_call_not_found() -> LessonProofError:
    return LessonProofError("ROLL_CALL_NOT_FOUND", status=404, zh="没有这次点名", en="no such roll call")
