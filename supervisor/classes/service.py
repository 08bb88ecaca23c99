"""From an application to lesson hours: every row is checked, and the first fault is named with its place."""

from __future__ import annotations

import secrets
from collections import Counter
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA, epoch_ms
from config.errors import LessonProofError
from config.profile import RegionProfile
from storage.database.types import new_id
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes import repository
from supervisor.classes.models import ClassSession, Institution, LessonHour, RosterEntry, Trainee, TrainingClass
from supervisor.classes.schemas import (
    Approval,
    ClassIn,
    ClassOut,
    ClassSummary,
    InstitutionIn,
    InstitutionOut,
    LessonHourOut,
    PlanRow,
    RosterOut,
    RosterRow,
    SessionOut,
)
from supervisor.profiles import profile_named
from supervisor.registry.outbox import tell_class
from supervisor.rules.evidence import ExemptKind, LessonKind
from supervisor.rules.identifiers import parse_id_number
from supervisor.rules.lesson_hours import LessonSlot, split_row
from supervisor.rules.masking import mask_id_number, mask_name

LONGEST_SESSION = timedelta(hours=12)
_CODE_BYTES = 9  # 72 random bits in a check-in address


def create_institution(centre: Centre, caller: Caller, wanted: InstitutionIn) -> InstitutionOut:
    """Raises LessonProofError INSTITUTION_EXISTS (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        if repository.institution_named(session, wanted.name) is not None:
            raise _error("INSTITUTION_EXISTS", 409, "/name", "已有同名培训机构", "there is an institution of this name")
        institution = Institution(
            created_at=now,
            name=wanted.name,
            area=wanted.area or centre.settings.region,
            sector=wanted.sector,
            secret_related=wanted.secret_related,
        )
        session.add(institution)
        session.flush()
        subject = f"institution:{institution.id}"
        record(session, now, caller.actor, "institution_created", subject, secret_related=wanted.secret_related)
        return _institution(institution)


def institutions(centre: Centre, caller: Caller) -> list[InstitutionOut]:
    with centre.uow.read() as session:
        return [_institution(one) for one in repository.institutions(session, caller)]


def _institution(one: Institution) -> InstitutionOut:
    return InstitutionOut(id=one.id, name=one.name, area=one.area, sector=one.sector, secret_related=one.secret_related)


def create_class(centre: Centre, caller: Caller, wanted: ClassIn) -> ClassOut:
    """A draft with its roster, sessions and lesson hours, or nothing at all.

    Raises LessonProofError with `where` = JSON pointer: INSTITUTION_NOT_FOUND (404), CLASS_NO_TAKEN (409), and 422
    PROFILE_NOT_FOUND, PROFILE_DEMO, PROFILE_OTHER_REGION, CLASS_TOO_LARGE, ROSTER_ID_INVALID, ROSTER_DUPLICATE,
    ROSTER_NAME_DIFFERS, LESSON_SHORTER_THAN_CLIP, PLAN_ROW_TIMES, PLAN_ROW_TOO_SHORT, PLAN_ROOM_UNKNOWN,
    PLAN_ROOM_TAKEN, PLAN_DAY_TOO_LONG.
    """
    now = centre.clock.now()
    profile = _usable_profile(centre, wanted.profile)
    numbers = _id_numbers(wanted.roster, profile, now.astimezone(CHINA).date())
    slots = _slots(wanted.plan, profile)
    with centre.uow.write() as session:
        if repository.institution(session, caller, wanted.institution_id) is None:
            raise _error("INSTITUTION_NOT_FOUND", 404, "/institution_id", "没有这个培训机构", "no such institution")
        if repository.class_numbered(session, wanted.class_no) is not None:
            raise _error("CLASS_NO_TAKEN", 409, "/class_no", "班号已被使用", "this class number is taken")
        training = TrainingClass(
            created_at=now,
            institution_id=wanted.institution_id,
            class_no=wanted.class_no,
            name=wanted.name,
            status="draft",
            profile=wanted.profile,
            class_end=max(_times(row, index)[1] for index, row in enumerate(wanted.plan)),
        )
        session.add(training)
        session.flush()
        _add_roster(centre, session, training, wanted.roster, numbers, now)
        _add_sessions(session, training, wanted.plan, slots, now)
        record(session, now, caller.actor, "class_created", f"training_class:{training.id}")
        return _class(centre, session, training)


def classes(centre: Centre, caller: Caller) -> list[ClassSummary]:
    with centre.uow.read() as session:
        return [ClassSummary(**_summary(training)) for training in repository.classes(session, caller)]


def show_class(centre: Centre, caller: Caller, class_id: UUID) -> ClassOut:
    """Raises LessonProofError CLASS_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        return _class(centre, session, _found(session, caller, class_id))


def submit(centre: Centre, caller: Caller, class_id: UUID) -> ClassSummary:
    """draft or returned → submitted. Raises CLASS_NOT_FOUND (404), CLASS_STATUS (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = _found(session, caller, class_id, lock=True)
        _require_status(training, "draft", "returned")
        training.status = "submitted"
        record(session, now, caller.actor, "class_submitted", f"training_class:{training.id}")
        return ClassSummary(**_summary(training))


def approve(centre: Centre, caller: Caller, class_id: UUID, approval: Approval) -> ClassSummary:
    """submitted → approved. Lesson hours that begin before this moment never count. Raises CLASS_NOT_FOUND (404),
    CLASS_STATUS (409), PROFILE_DEMO, PROFILE_OTHER_REGION (422)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = _found(session, caller, class_id, lock=True)
        _require_status(training, "submitted")
        _usable_profile(centre, training.profile)
        training.status = "approved"
        training.approved_at = now
        training.approved_by = caller.account_id
        training.exempt = approval.exempt
        record(
            session,
            now,
            caller.actor,
            "class_approved",
            f"training_class:{training.id}",
            exempt=approval.exempt,
            class_no=training.class_no,
            profile=training.profile,
            lesson_hours=_planned(session, training.id),
        )
        tell_class(session, now, training)
        return ClassSummary(**_summary(training))


def _planned(session: Session, class_id: UUID) -> dict[str, list[int | str]]:
    """Lesson hour → start, end (ms since 1970), room: what was approved, for the signed log."""
    rooms = {plan.id: str(plan.room_id) for plan in repository.sessions(session, class_id)}
    hours = repository.lesson_hours(session, rooms)
    return {str(hour.id): [epoch_ms(hour.start), epoch_ms(hour.end), rooms[hour.session_id]] for hour in hours}


def _usable_profile(centre: Centre, name: str) -> RegionProfile:
    """The rules if this county's classes may be held under them: its own, or the demo's where that is allowed."""
    profile = profile_named(name)
    if profile.demo:
        if not centre.settings.demo:
            raise _error(
                "PROFILE_DEMO",
                422,
                "/profile",
                "演示规则不能用于开班:请选择本县的规则",
                "demo rules are for no real class: choose this county's rules",
            )
    elif profile.region != centre.settings.region:
        raise _error(
            "PROFILE_OTHER_REGION",
            422,
            "/profile",
            f"这是 {profile.region} 的规则,本中心只用 {centre.settings.region} 的规则",
            f"these are the rules of {profile.region}; this centre uses those of {centre.settings.region}",
        )
    return profile


def _id_numbers(roster: list[RosterRow], profile: RegionProfile, today: date) -> list[str]:
    if len(roster) > profile.opening.class_max:
        raise _error(
            "CLASS_TOO_LARGE",
            422,
            "/roster",
            f"花名册有 {len(roster)} 人,超过每班 {profile.opening.class_max} 人",
            f"{len(roster)} trainees; a class has at most {profile.opening.class_max}",
        )
    numbers: list[str] = []
    for index, row in enumerate(roster):
        where = f"/roster/{index}/id_number"
        try:
            number = parse_id_number(row.id_number, today=today).number
        except LessonProofError as error:
            raise _error(
                "ROSTER_ID_INVALID", 422, where, f"第 {index + 1} 行:{error.zh}", f"row {index + 1}: {error.en}"
            ) from None
        if number in numbers:
            first = numbers.index(number) + 1
            raise _error(
                "ROSTER_DUPLICATE",
                422,
                where,
                f"第 {index + 1} 行与第 {first} 行是同一人",
                f"row {index + 1} is the same person as row {first}",
            )
        numbers.append(number)
    return numbers


def _times(row: PlanRow, index: int) -> tuple[datetime, datetime]:
    if row.start.tzinfo is not None or row.end.tzinfo is not None:
        raise _plan_times(index)
    start = datetime.combine(row.date, row.start, CHINA)
    end = datetime.combine(row.date, row.end, CHINA)
    if end <= start:
        end += timedelta(days=1)
    if end - start > LONGEST_SESSION:
        raise _plan_times(index)
    return start, end


def _plan_times(index: int) -> LessonProofError:
    return _error(
        "PLAN_ROW_TIMES",
        422,
        f"/plan/{index}",
        f"计划第 {index + 1} 行:开始或结束时间不正确(一次课不超过 12 小时)",
        f"plan row {index + 1}: start or end is wrong (a session lasts at most 12 hours)",
    )


def _slots(plan: list[PlanRow], profile: RegionProfile) -> list[tuple[LessonSlot, ...]]:
    if profile.lesson.minutes * 60 < profile.lesson.clip_min_s:
        raise _error(
            "LESSON_SHORTER_THAN_CLIP",
            422,
            "/profile",
            "规则中学时比要求的连续录像还短",
            "under these rules a lesson hour is shorter than its clip",
        )
    slots = []
    a_day: Counter[date] = Counter()
    for index, row in enumerate(plan):
        try:
            slots.append(split_row(*_times(row, index), row.lesson_hours, profile.lesson))
        except LessonProofError as error:
            if error.where is None:
                error.where = f"/plan/{index}/lesson_hours"
            raise
        a_day[row.date] += row.lesson_hours
        if a_day[row.date] > profile.lesson.max_per_day:
            raise _error(
                "PLAN_DAY_TOO_LONG",
                422,
                f"/plan/{index}/lesson_hours",
                f"{row.date} 超过每天 {profile.lesson.max_per_day} 学时",
                f"{row.date}: more than {profile.lesson.max_per_day} lesson hours in a day",
            )
    return slots


def _add_roster(
    centre: Centre, session: Session, training: TrainingClass, rows: list[RosterRow], numbers: list[str], now: datetime
) -> None:
    hashes = [centre.vault.lookup("id_number", number) for number in numbers]
    known = repository.trainees_by_hash(session, hashes)
    for position, (row, number, hashed) in enumerate(zip(rows, numbers, hashes, strict=True)):
        trainee = known.get(hashed)
        if trainee is None:
            trainee = Trainee(created_at=now, name=row.name, id_number_hmac=hashed, id_number_cipher=b"", last4_hmac="")
            trainee.id = new_id()  # needed before the insert: the cipher is bound to it
            trainee.id_number_cipher = centre.vault.seal(number, trainee.id)
            trainee.last4_hmac = centre.vault.lookup("last4", number[-4:])
            session.add(trainee)
        elif trainee.name != row.name:
            raise _error(
                "ROSTER_NAME_DIFFERS",
                422,
                f"/roster/{position}/name",
                f"第 {position + 1} 行:姓名与该身份证号已登记的姓名不同",
                f"row {position + 1}: this ID number is registered under another name",
            )
        session.flush()
        session.add(
            RosterEntry(created_at=now, class_id=training.id, trainee_id=trainee.id, position=position, status="active")
        )


def _add_sessions(
    session: Session, training: TrainingClass, plan: list[PlanRow], slots: list[tuple[LessonSlot, ...]], now: datetime
) -> None:
    rooms = repository.rooms_of(session, training.institution_id)
    for index, (row, hours) in enumerate(zip(plan, slots, strict=True)):
        start, end = _times(row, index)
        where = f"/plan/{index}/room_id"
        if row.room_id not in rooms:
            raise _error("PLAN_ROOM_UNKNOWN", 422, where, "该机构没有这个教室", "the institution has no such room")
        if repository.occupied(session, row.room_id, start, end):
            raise _error(
                "PLAN_ROOM_TAKEN",
                422,
                where,
                f"计划第 {index + 1} 行:该时段教室已被占用",
                f"plan row {index + 1}: the room is taken at that time",
            )
        held = ClassSession(
            created_at=now,
            class_id=training.id,
            room_id=row.room_id,
            code=secrets.token_urlsafe(_CODE_BYTES),
            local_date=row.date,
            start=start,
            end=end,
            kind=row.kind,
            teachers=row.teachers,
        )
        session.add(held)
        session.flush()
        session.add_all(
            LessonHour(created_at=now, session_id=held.id, slot=slot, start=one.start, end=one.end)
            for slot, one in enumerate(hours, start=1)
        )
        session.flush()


def _found(session: Session, caller: Caller, class_id: UUID, *, lock: bool = False) -> TrainingClass:
    training = repository.training_class(session, caller, class_id, lock=lock)
    if training is None:
        raise _error("CLASS_NOT_FOUND", 404, None, "没有这个班级", "no such class")
    return training


def _require_status(training: TrainingClass, *allowed: str) -> None:
    if training.status not in allowed:
        raise _error(
            "CLASS_STATUS",
            409,
            None,
            "班级当前状态不能进行此操作",
            f"a class that is {training.status} does not allow this",
        )


def _summary(training: TrainingClass) -> dict[str, object]:
    profile = profile_named(training.profile)
    return {
        "id": training.id,
        "institution_id": training.institution_id,
        "class_no": training.class_no,
        "name": training.name,
        "status": training.status,
        "profile": training.profile,
        "profile_zh": profile.name_zh,
        "profile_en": profile.name_en,
        "demo": profile.demo,
        "exempt": ExemptKind(training.exempt) if training.exempt else None,
        "approved_at": training.approved_at,
        "class_end": training.class_end,
    }


def _class(centre: Centre, session: Session, training: TrainingClass) -> ClassOut:
    pattern = profile_named(training.profile).publicity.id_mask
    held = repository.sessions(session, training.id)
    hours: dict[UUID, list[LessonHourOut]] = {}
    for hour in repository.lesson_hours(session, (one.id for one in held)):
        out = LessonHourOut(id=hour.id, slot=hour.slot, start=hour.start, end=hour.end)
        hours.setdefault(hour.session_id, []).append(out)
    return ClassOut(
        **_summary(training),
        roster=[
            RosterOut(
                id=entry.id,
                name=mask_name(trainee.name),
                id_number=mask_id_number(centre.vault.unseal(trainee.id_number_cipher, trainee.id), pattern),
                status=entry.status,
            )
            for entry, trainee in repository.roster(session, training.id)
        ],
        sessions=[
            SessionOut(
                id=one.id,
                room_id=one.room_id,
                kind=LessonKind(one.kind),
                start=one.start,
                end=one.end,
                teachers=one.teachers,
                code=one.code,
                check_in_url=f"{centre.public_url}/c/{one.code}",
                lesson_hours=hours.get(one.id, []),
            )
            for one in held
        ],
    )


def _error(code: str, status: int, where: str | None, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=status, where=where, zh=zh, en=en)
