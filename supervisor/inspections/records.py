"""Inspection records: entered once, signed by both sides, never changed (B-19, RULES 2.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from config.inspections import DEFAULT_INSPECTION, InspectionRules
from config.profile import RegionProfile
from supervisor.attendance.register import register
from supervisor.audit.service import record
from supervisor.calendars import calendar_of
from supervisor.callers import Caller, Role
from supervisor.centre import Centre
from supervisor.classes.repository import training_class
from supervisor.contract.evidence import sha256_hex
from supervisor.devices.service import not_found
from supervisor.inspections import record_repository as repository
from supervisor.inspections.models import InspectionRecord, InspectionSignature
from supervisor.inspections.record_repository import RecordRow, Turn
from supervisor.inspections.record_schemas import (
    InspectedClass,
    InspectedHour,
    InspectionIn,
    InspectionOut,
    RecordFigures,
)
from supervisor.inspections.shown import shown
from supervisor.lessons import repository as lessons
from supervisor.lessons.repository import LessonRow
from supervisor.paging import Page, after, page_of
from supervisor.profiles import profile_named
from supervisor.rules.attendance import AttendanceStatus
from supervisor.rules.inspection import InspectionKind, record_fault, times_fault
from supervisor.rules.verdict_life import end_of_working_day
from supervisor.sampling.repository import plan as sample_plan

_FAULTS = {
    "INSPECTION_NO_FINDING": ("请至少选择一项检查发现", "choose at least one finding"),
    "INSPECTION_NORMAL_ALONE": ("选择“正常”时不能再选其他发现", "'normal' excludes the other findings"),
    "INSPECTION_TEXT_MISSING": ("选择“其他”时请写明情况", "say what it was when choosing 'other'"),
    "INSPECTION_NOT_NORMAL": (
        "有不符合项、结论不合格或提出整改要求时,不能选择“正常”",
        "with an item that is not so, a conclusion of not qualified, or a demand, it is not 'normal'",
    ),
    "INSPECTION_DEMAND_MISSING": ("结论不合格时请写明整改要求", "not qualified: say what is to be set right"),
}


def rules_of(profile: RegionProfile) -> InspectionRules:
    return profile.inspection or DEFAULT_INSPECTION


def enter(centre: Centre, caller: Caller, body: InspectionIn) -> InspectionOut:
    """Raises LessonProofError CLASS_NOT_FOUND, LESSON_NOT_FOUND, SAMPLE_PLAN_NOT_FOUND (404), INSPECTION_NOT_OPENED,
    INSPECTION_NOT_DRAWN (409), INSPECTION_TIMES, INSPECTION_TERM_TOO_LONG and what `record_fault` says (422)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = training_class(session, caller, body.class_id)
        if training is None:
            raise not_found("CLASS", "班级", "class", "/class_id")
        held = _lessons(session, caller, body)
        _require_sound(body, now)
        if body.kind is InspectionKind.PLAYBACK:
            _require_looked_at(session, caller, body)
        if body.plan_id is not None:
            _require_drawn(session, caller, body, held)
        profile = profile_named(training.profile)
        rules = rules_of(profile)
        made = InspectionRecord(
            at=now,
            account_id=caller.account_id,
            class_id=training.id,
            plan_id=body.plan_id,
            kind=body.kind,
            lesson_hours=[str(one.hour.id) for one in held],
            started_at=body.started_at,
            ended_at=body.ended_at,
            present=body.present,
            figures=_figures(session, held).model_dump(),
            items={str(one): str(said) for one, said in sorted(body.items.items())},
            findings=sorted(set(body.findings)),
            words=body.words,
            conclusion=body.conclusion,
            demand=body.demand,
            enter_by=_end(profile, body.ended_at, rules.enter_working_days),
            due_at=term_end(profile, now, body.working_days or rules.rectify_working_days) if body.demand else None,
        )
        session.add(made)
        session.flush()
        _sign(session, caller, made.id, now)
        _told(session, caller, made, now)
        return shown(session, caller, [(made, training)], now)[0]


def sign(centre: Centre, caller: Caller, inspection_id: UUID) -> InspectionOut:
    """For the county beside the author, or for the institution; a second time changes nothing. Raises
    INSPECTION_NOT_FOUND (404)."""
    with centre.uow.write() as session:
        row = found(session, caller, inspection_id, lock=True)
        now = centre.clock.now()
        if caller.account_id not in {one.account_id for one in repository.signatures(session, [inspection_id])}:
            side = _sign(session, caller, inspection_id, now)
            record(session, now, caller.actor, "inspection_signed", f"inspection:{inspection_id}", side=side)
        return shown(session, caller, [row], now)[0]


def show(centre: Centre, caller: Caller, inspection_id: UUID) -> InspectionOut:
    """Raises INSPECTION_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        return shown(session, caller, [found(session, caller, inspection_id)], centre.clock.now())[0]


def inspections(
    centre: Centre, caller: Caller, class_id: UUID | None, turn: Turn | None, cursor: str | None, size: int
) -> Page[InspectionOut]:
    """Newest first. Raises CURSOR_INVALID (422)."""
    with centre.uow.read() as session:
        rows = repository.records(session, caller, class_id, turn, after(cursor), size + 1)
        page = page_of(rows, size, lambda row: (row[0].at, row[0].id), lambda row: row)
        return Page(items=shown(session, caller, page["items"], centre.clock.now()), next=page["next"])


def overdue(centre: Centre, caller: Caller, cursor: str | None, size: int) -> Page[InspectionOut]:
    """What is not set right in time, the longest overdue first. Raises CURSOR_INVALID (422)."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        rows = repository.overdue(session, caller, now, after(cursor), size + 1)
        page = page_of(rows, size, lambda row: row[0], lambda row: row[1])
        return Page(items=shown(session, caller, page["items"], now), next=page["next"])


def counts(centre: Centre, caller: Caller) -> dict[str, int]:
    """How many records there are: `all`, `institution` and `inspector` (whose turn it is), `overdue`."""
    with centre.uow.read() as session:
        return repository.counts(session, caller, centre.clock.now())


def hours_of(centre: Centre, caller: Caller, lesson_hour_ids: Sequence[UUID]) -> list[InspectedHour]:
    """In the order of the day; what is outside the caller's scope is left out."""
    with centre.uow.read() as session:
        seen = lessons.lessons_seen(session, caller, lesson_hour_ids)
        return [_hour(one, looked_at=False) for one in sorted(seen.values(), key=lambda row: row.hour.start)]


def inspectable(centre: Centre, caller: Caller, class_id: UUID) -> InspectedClass:
    """The lesson hours that have begun, the newest first. Raises CLASS_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        training = training_class(session, caller, class_id)
        if training is None:
            raise not_found("CLASS", "班级", "class")
        begun = [one for one in lessons.lessons_of_class(session, caller, class_id) if one.hour.start <= now]
        looked = repository.looked_at(session, caller.account_id, [one.hour.id for one in begun])
        rules = rules_of(profile_named(training.profile))
        return InspectedClass(
            class_id=training.id,
            class_no=training.class_no,
            class_name=training.name,
            working_days=rules.rectify_working_days,
            most_working_days=rules.rectify_most_working_days,
            hours=[_hour(one, looked_at=one.hour.id in looked) for one in reversed(begun)],
        )


def _hour(row: LessonRow, *, looked_at: bool) -> InspectedHour:
    return InspectedHour(
        id=row.hour.id, start=row.hour.start, end=row.hour.end, slot=row.hour.slot, looked_at=looked_at
    )


def found(session: Session, caller: Caller, inspection_id: UUID, *, lock: bool = False) -> RecordRow:
    row = repository.record(session, caller, inspection_id, lock=lock)
    if row is None:
        raise not_found("INSPECTION", "检查记录", "inspection record")
    return row


def term_end(profile: RegionProfile, now: datetime, working_days: int) -> datetime:
    """Raises INSPECTION_TERM_TOO_LONG (422)."""
    most = rules_of(profile).rectify_most_working_days
    if working_days > most:
        raise refused(
            "INSPECTION_TERM_TOO_LONG", 422, f"整改期限最长 {most} 个工作日", f"at most {most} working days",
            "/working_days",
        )  # fmt: skip
    return _end(profile, now, working_days)


def refused(code: str, status: int, zh: str, en: str, where: str | None = None) -> LessonProofError:
    return LessonProofError(code, status=status, where=where, zh=zh, en=en)


def _end(profile: RegionProfile, start: datetime, working_days: int) -> datetime:
    return end_of_working_day(start, working_days, calendar_of(profile.region)).astimezone(UTC)


def _lessons(session: Session, caller: Caller, body: InspectionIn) -> list[LessonRow]:
    """In the order of the day."""
    seen = lessons.lessons_seen(session, caller, body.lesson_hour_ids)
    for index, one in enumerate(body.lesson_hour_ids):
        if one not in seen or seen[one].training.id != body.class_id:
            raise not_found("LESSON", "课时", "lesson hour", f"/lesson_hour_ids/{index}")
    return sorted(seen.values(), key=lambda row: (row.hour.start, row.hour.id))


def _require_sound(body: InspectionIn, now: datetime) -> None:
    if times_fault(body.started_at, body.ended_at, now):
        raise refused(
            "INSPECTION_TIMES", 422, "检查起止时间不正确:须已结束,且不超过 24 小时",
            "an inspection ends after it begins, within a day, and is over when it is entered", "/ended_at",
        )  # fmt: skip
    fault = record_fault(body.items, body.findings, body.words, body.conclusion, body.demand)
    if fault is not None:
        raise refused(fault, 422, *_FAULTS[fault], "/findings")


def _require_looked_at(session: Session, caller: Caller, body: InspectionIn) -> None:
    """Nobody enters a look at a recording that the viewing register does not know of."""
    if repository.looked_at(session, caller.account_id, body.lesson_hour_ids) != set(body.lesson_hour_ids):
        raise refused(
            "INSPECTION_NOT_OPENED", 409, "查阅登记中没有您打开全部所列课时录像的记录,请先回放",
            "the viewing register does not say that you opened each of these recordings: play them first",
            "/lesson_hour_ids",
        )  # fmt: skip


def _require_drawn(session: Session, caller: Caller, body: InspectionIn, held: list[LessonRow]) -> None:
    """The plan drew this class for this inspector, and a lesson hour of its period is looked at."""
    assert body.plan_id is not None
    drawn = sample_plan(session, caller, body.plan_id)
    if drawn is None:
        raise not_found("SAMPLE_PLAN", "抽查计划", "sampling plan", "/plan_id")
    days = {one.hour.start.astimezone(CHINA).date() for one in held}
    of_period = any(drawn.first_day <= day <= drawn.last_day for day in days)
    if str(caller.account_id) not in drawn.drawn.get(str(body.class_id), ()) or not of_period:
        raise refused(
            "INSPECTION_NOT_DRAWN", 409, "该抽查计划没有抽到您检查本班,或所查课时不在计划期间",
            "the plan did not draw this class for you, or none of the lesson hours is of its period", "/plan_id",
        )  # fmt: skip


def _figures(session: Session, held: list[LessonRow]) -> RecordFigures:
    hours = register(session, [(one.hour, one.session, one.training) for one in held])
    counts = [
        (sum(who.attends for who in hour), sum(who.status is not AttendanceStatus.LEAVE for who in hour))
        for hour in hours.values()
    ]
    return RecordFigures(
        attended=sum(attended for attended, _ in counts),
        expected=sum(expected for _, expected in counts),
        lowest=min((round(attended / expected, 4) for attended, expected in counts if expected), default=None),
    )


def _sign(session: Session, caller: Caller, inspection_id: UUID, now: datetime) -> str:
    side = "county" if caller.role is Role.INSPECTOR else "institution"
    session.add(InspectionSignature(inspection_id=inspection_id, account_id=caller.account_id, at=now, side=side))
    session.flush()
    return side


def _told(session: Session, caller: Caller, made: InspectionRecord, now: datetime) -> None:
    """The log keeps the words' digests only: they may hold names."""
    details: dict[str, Any] = {
        "class_id": str(made.class_id),
        "plan_id": None if made.plan_id is None else str(made.plan_id),
        "kind": made.kind,
        "lesson_hours": made.lesson_hours,
        "started_at": made.started_at.isoformat(),
        "ended_at": made.ended_at.isoformat(),
        "present": made.present,
        "figures": made.figures,
        "items": made.items,
        "findings": made.findings,
        "conclusion": made.conclusion,
        "words_sha256": sha256_hex(made.words.encode()),
        "demand_sha256": sha256_hex(made.demand.encode()),
        "due_at": None if made.due_at is None else made.due_at.isoformat(),
    }
    record(session, now, caller.actor, "inspection_entered", f"inspection:{made.id}", **details)
