"""Patrols: opened, roll called, closed with a finding (A-23). Nothing closes one but a person."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from config.profile import DEFAULT_PATROL, PatrolRules
from supervisor.attendance.register import register
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.decisions.cache import refresh
from supervisor.devices.service import not_found
from supervisor.lessons import repository as lessons
from supervisor.lessons.register import viewing
from supervisor.lessons.repository import LessonRow
from supervisor.lessons.schemas import ViewReason
from supervisor.paging import LARGEST, Page, after, cursor_of
from supervisor.patrol import repository
from supervisor.patrol.models import Patrol, PatrolClosing, RollCall, RollCallAnswer
from supervisor.patrol.repository import PatrolRow
from supervisor.patrol.schemas import AnswersIn, ClosingIn, PatrolIn, PatrolOut, RollCallOut
from supervisor.profiles import profile_named
from supervisor.rules.roll_call import Answer, findings_fault
from supervisor.rules.sampling import draw

_FAULTS = {
    "PATROL_NO_FINDING": ("请至少选择一项巡查结论", "choose at least one finding"),
    "PATROL_NORMAL_ALONE": ("选择“正常”时不能再选其他结论", "'normal' excludes the other findings"),
    "PATROL_TEXT_MISSING": ("选择“其他”时请写明情况", "say what it was when choosing 'other'"),
}


def rules_of(profile: str) -> PatrolRules:
    return profile_named(profile).patrol or DEFAULT_PATROL


def open_patrol(centre: Centre, caller: Caller, body: PatrolIn, ip: str) -> PatrolOut:
    """Raises LessonProofError LESSON_NOT_FOUND, CAMERA_NOT_FOUND (404), LESSON_NOT_RUNNING (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        lesson = lessons.lesson(session, caller, body.lesson_hour_id)
        if lesson is None:
            raise not_found("LESSON", "课时", "lesson hour", "/lesson_hour_id")
        if not is_running(lesson, now):
            raise not_running()
        in_room = {one.id for one in lessons.cameras_of_rooms(session, [lesson.room.id]).get(lesson.room.id, [])}
        if not in_room.issuperset(body.cameras):
            raise not_found("CAMERA", "摄像头", "camera", "/cameras")
        made = begin(session, caller, lesson, body.cameras, now, now, body.reason, ip)
        return _out(centre, session, [(made, lesson.training, None)])[0]


def is_running(lesson: LessonRow, now: datetime) -> bool:
    return lesson.countable and lesson.hour.start <= now < lesson.hour.end


def not_running() -> LessonProofError:
    return LessonProofError(
        "LESSON_NOT_RUNNING", status=409, zh="该课时现在没有在上课", en="the lesson hour is not running now"
    )


def begin(
    session: Session,
    caller: Caller,
    lesson: LessonRow,
    cameras: Iterable[UUID],
    since: datetime,
    now: datetime,
    reason: ViewReason,
    ip: str,
) -> Patrol:
    """A patrol of a lesson hour that the caller has been let into, and its line of the viewing register. `since`: when
    the looking began."""
    made = Patrol(
        opened_at=since,
        local_date=since.astimezone(CHINA).date(),
        lesson_hour_id=lesson.hour.id,
        class_id=lesson.training.id,
        account_id=caller.account_id,
        cameras=[str(one) for one in dict.fromkeys(cameras)],
    )
    session.add(made)
    session.add(viewing(caller, lesson.hour.id, "patrol", reason, ip, now))
    session.flush()
    subject = f"patrol:{made.id}"
    record(session, now, caller.actor, "patrol_opened", subject, lesson=str(lesson.hour.id), cameras=made.cameras)
    return made


def call_roll(centre: Centre, caller: Caller, patrol_id: UUID) -> PatrolOut:
    """Draw trainees among those counted as attending; among the roster when nobody is. Raises as `close`."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        row = _own_open(session, caller, patrol_id)
        lesson = lessons.lesson(session, caller, row[0].lesson_hour_id)
        assert lesson is not None
        hours = register(session, [(lesson.hour, lesson.session, lesson.training)])[lesson.hour.id]
        attending = [one.trainee for one in hours if one.attends]
        candidates = sorted(attending or [one.trainee for one in hours])
        seed = secrets.token_hex(16)
        made = RollCall(
            at=now,
            patrol_id=patrol_id,
            seed=seed,
            among="attending" if attending else "roster",
            candidates=candidates,
            drawn=list(draw(seed, candidates, rules_of(lesson.training.profile).roll_call)),
        )
        session.add(made)
        session.flush()
        told: dict[str, Any] = {"seed": seed, "candidates": candidates, "drawn": made.drawn}
        record(session, now, caller.actor, "roll_call_drawn", f"patrol:{patrol_id}", roll_call=str(made.id), **told)
        return _out(centre, session, [row])[0]


def answer(centre: Centre, caller: Caller, patrol_id: UUID, roll_call_id: UUID, body: AnswersIn) -> PatrolOut:
    """Each drawn trainee is answered once. Raises as `close`, ROLL_CALL_NOT_FOUND (404), ROLL_CALL_NOT_DRAWN (422),
    ROLL_CALL_ANSWERED (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        row = _own_open(session, caller, patrol_id)
        call = next((one for one in repository.roll_calls(session, [patrol_id]) if one.id == roll_call_id), None)
        if call is None:
            raise not_found("ROLL_CALL", "点名", "roll call")
        named = {str(one): said for one, said in body.answers.items()}
        if not set(named) <= set(call.drawn):
            raise LessonProofError(
                "ROLL_CALL_NOT_DRAWN", status=422, where="/answers", zh="有学员未被抽中", en="a trainee was not drawn"
            )
        if any(str(one.roster_entry_id) in named for one in repository.answers(session, [call.id])):
            raise LessonProofError(
                "ROLL_CALL_ANSWERED", status=409, zh="该学员的点名结果已登记", en="the answer is already on record"
            )
        for entry, said in body.answers.items():
            session.add(RollCallAnswer(roll_call_id=call.id, roster_entry_id=entry, at=now, answer=said))
        session.flush()
        subject = f"patrol:{patrol_id}"
        record(session, now, caller.actor, "roll_call_answered", subject, roll_call=str(call.id), answers=named)
        refresh(session, row[0].lesson_hour_id, now)
        return _out(centre, session, [row])[0]


def close(centre: Centre, caller: Caller, patrol_id: UUID, body: ClosingIn) -> PatrolOut:
    """Raises LessonProofError PATROL_NOT_FOUND (404), PATROL_NOT_OWN (403), PATROL_CLOSED, ROLL_CALL_UNANSWERED (409),
    PATROL_NO_FINDING, PATROL_NORMAL_ALONE, PATROL_TEXT_MISSING (422)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        found, training, _ = _own_open(session, caller, patrol_id)
        check_findings(body, "/findings")
        calls = repository.roll_calls(session, [patrol_id])
        if sum(len(one.drawn) for one in calls) > len(repository.answers(session, [one.id for one in calls])):
            raise LessonProofError(
                "ROLL_CALL_UNANSWERED", status=409, zh="点名还有未登记的结果", en="a roll call has answers missing"
            )
        closing = end(session, caller, patrol_id, body, now)
        return _out(centre, session, [(found, training, closing)])[0]


def check_findings(body: ClosingIn, where: str) -> None:
    """Raises LessonProofError PATROL_NO_FINDING, PATROL_NORMAL_ALONE, PATROL_TEXT_MISSING (422)."""
    fault = findings_fault(body.findings, body.text)
    if fault is not None:
        zh, en = _FAULTS[fault]
        raise LessonProofError(fault, status=422, where=where, zh=zh, en=en)


def end(session: Session, caller: Caller, patrol_id: UUID, body: ClosingIn, now: datetime) -> PatrolClosing:
    findings = sorted(set(body.findings))
    closing = PatrolClosing(patrol_id=patrol_id, at=now, findings=findings, text=body.text)
    session.add(closing)
    session.flush()
    text_sha256 = sha256(body.text.encode()).hexdigest()
    subject = f"patrol:{patrol_id}"
    record(session, now, caller.actor, "patrol_closed", subject, findings=[*findings], text_sha256=text_sha256)
    return closing


def show(centre: Centre, caller: Caller, patrol_id: UUID) -> PatrolOut:
    with centre.uow.read() as session:
        return _out(centre, session, [_seen(session, caller, patrol_id)])[0]


def patrols(
    centre: Centre,
    caller: Caller,
    class_id: UUID | None,
    account_id: UUID | None,
    day: date | None,
    unfinished: bool,
    cursor: str | None,
    size: int,
) -> Page[PatrolOut]:
    """Newest first. `unfinished`: only those open for too long; a page may then hold fewer. Raises CURSOR_INVALID."""
    with centre.uow.read() as session:
        rows = repository.patrols(
            session,
            caller,
            class_id=class_id,
            account_id=account_id,
            day=day,
            still_open=unfinished,
            before=after(cursor),
            limit=size + 1,
        )
        shown = _out(centre, session, rows[:size])
        following = cursor_of(rows[size - 1][0].opened_at, rows[size - 1][0].id) if len(rows) > size else None
        return Page(items=[one for one in shown if one.unfinished or not unfinished], next=following)


def of_lesson(centre: Centre, caller: Caller, class_id: UUID, lesson_hour_id: UUID) -> list[PatrolOut]:
    """Newest first, of the class's newest."""
    page = patrols(centre, caller, class_id, None, None, False, None, LARGEST)
    return [one for one in page.items if one.lesson_hour_id == lesson_hour_id]


def _seen(session: Session, caller: Caller, patrol_id: UUID, *, lock: bool = False) -> PatrolRow:
    row = repository.patrol(session, caller, patrol_id, lock=lock)
    if row is None:
        raise not_found("PATROL", "巡查记录", "patrol")
    return row


def _own_open(session: Session, caller: Caller, patrol_id: UUID) -> PatrolRow:
    row = _seen(session, caller, patrol_id, lock=True)
    if row[0].account_id != caller.account_id:
        raise LessonProofError("PATROL_NOT_OWN", status=403, zh="这是他人的巡查记录", en="another person's patrol")
    if row[2] is not None:
        raise LessonProofError("PATROL_CLOSED", status=409, zh="巡查已结束", en="the patrol is closed")
    return row


def _out(centre: Centre, session: Session, rows: list[PatrolRow]) -> list[PatrolOut]:
    calls = repository.roll_calls(session, [patrol.id for patrol, _, _ in rows])
    said: dict[UUID, dict[str, Answer]] = {}
    for one in repository.answers(session, [call.id for call in calls]):
        said.setdefault(one.roll_call_id, {})[str(one.roster_entry_id)] = Answer(one.answer)
    called: dict[UUID, list[RollCallOut]] = {}
    for call in calls:
        called.setdefault(call.patrol_id, []).append(
            RollCallOut(
                id=call.id,
                at=call.at,
                seed=call.seed,
                among=call.among,
                candidates=call.candidates,
                drawn=call.drawn,
                answers=said.get(call.id, {}),
            )
        )
    now = centre.clock.now()
    return [
        PatrolOut(
            id=patrol.id,
            class_id=patrol.class_id,
            lesson_hour_id=patrol.lesson_hour_id,
            account_id=patrol.account_id,
            cameras=[UUID(one) for one in patrol.cameras],
            opened_at=patrol.opened_at,
            closed_at=closing.at if closing else None,
            unfinished=closing is None
            and now - patrol.opened_at > timedelta(minutes=rules_of(training.profile).unfinished_min),
            findings=closing.findings if closing else [],
            text=closing.text if closing else "",
            roll_calls=called.get(patrol.id, []),
        )
        for patrol, training, closing in rows
    ]
