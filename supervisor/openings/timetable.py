"""The schools' timetable file (HRSS header row) becomes the plan of a draft class: all or nothing (A-10, 2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config.errors import LessonProofError
from storage.database.types import new_id
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.models import ClassSession
from supervisor.classes.plan import add_sessions, drop_sessions, row_slots, row_times
from supervisor.classes.schemas import PlanRow
from supervisor.classes.secrecy import refuse_secret
from supervisor.classes.service import found_class, require_status
from supervisor.openings import repository
from supervisor.openings.models import PlanDetail, Teacher
from supervisor.openings.schemas import PlanImported
from supervisor.profiles import profile_named
from supervisor.rules.evidence import LessonKind
from supervisor.rules.identifiers import parse_id_number
from supervisor.rules.opening import tags_of
from supervisor.spreadsheet import Bad, Faults, Table, read_table

COLUMNS = {
    "上课日期": "date",
    "课别(上课内容)": "content",
    "课时": "hours",
    "上课开始时间": "start",
    "上课结束时间": "end",
    "上课地点(教室名称)": "room",
    "培训教师": "teacher",
    "教师身份证号": "id_number",
    "教材名称及出版社单位": "textbook",
}
"""The schools' header row (HRSS), whole: heading → field."""
HEADINGS = COLUMNS | {"类别": "kind"}
NECESSARY = {name: heading for heading, name in COLUMNS.items()}
MAX_ROWS = 1000
KINDS = {"理论": LessonKind.THEORY, "实操": LessonKind.PRACTICE}
_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d")
LONGEST = {"teacher": 64, "content": 512, "textbook": 256}
EMPTY: Bad = ("CELL_EMPTY", "不能为空", "must not be empty")
NO_ROOM: Bad = ("CELL_ROOM", "该机构没有这个教室", "the institution has no such room")
MANY_ROOMS: Bad = ("CELL_ROOM", "有多个同名教室", "several rooms have this name")
_PRACTICE = ("实操", "实训")  # a content that begins so is practice where the file has no column for it


@dataclass(frozen=True, slots=True)
class Line:
    row: PlanRow
    content: str
    textbook: str
    id_number: str


def import_plan(
    centre: Centre, caller: Caller, class_id: UUID, data: bytes, *, dry_run: bool, basic_by_content: bool
) -> PlanImported:
    """Replaces the plan. `basic_by_content`: the institution says that contents naming safety, fire, law or Putonghua
    are its basic course (B-22).

    Raises SHEET_FAULTS (422) with every wrong cell, other SHEET_… (422), and what a class's plan does.
    """
    now = centre.clock.now()
    faults = Faults()
    table = read_table(data, HEADINGS, NECESSARY, MAX_ROWS, faults)
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        require_status(training, "draft", "returned")
        refuse_secret(session, training.institution_id)
        lines = parse(table, repository.rooms_named(session, training.institution_id), faults)
        plan = [line.row for line in lines]
        slots = row_slots(plan, profile_named(training.profile))
        done = PlanImported(rows=len(plan), lesson_hours=sum(row.lesson_hours for row in plan), stored=not dry_run)
        if dry_run:
            return done
        mine = select(ClassSession.id).where(ClassSession.class_id == training.id)
        session.execute(delete(PlanDetail).where(PlanDetail.session_id.in_(mine)))
        drop_sessions(session, training)
        held = add_sessions(session, training, plan, slots, now)
        teachers = _teachers(centre, session, lines, now)
        for one, line in zip(held, lines, strict=True):
            session.add(
                PlanDetail(
                    session_id=one.id,
                    content=line.content,
                    textbook=line.textbook,
                    teacher_id=teachers[line.id_number].id,
                    tags=sorted(tags_of(line.content)) if basic_by_content else [],
                )
            )
        training.class_end = max(row_times(row, index)[1] for index, row in enumerate(plan))
        record(session, now, caller.actor, "plan_imported", f"training_class:{training.id}", rows=len(plan))
        return done


def parse(table: Table, rooms: dict[str, list[UUID]], faults: Faults) -> list[Line]:
    """Raises LessonProofError SHEET_FAULTS (422). An ID number is never repeated in an error."""
    lines: list[Line] = []
    for row in table.rows:
        wrong = _faults(row.cells, rooms)
        for name, (code, zh, en) in wrong.items():
            faults.add(table.where(row, name), code, zh, en)
        if not wrong and not faults.found:
            lines.append(_line(row.cells, rooms))
    faults.refuse()
    return lines


def _faults(cells: Mapping[str, str], rooms: dict[str, list[UUID]]) -> dict[str, Bad]:
    """Field → what is wrong with it. A cell whose text could not be read has been told of already."""
    wrong: dict[str, Bad] = {name: EMPTY for name in NECESSARY if name not in cells}
    held = {name: text for name, text in cells.items() if text}
    for name, found in held.items():
        if name in LONGEST and len(found) > LONGEST[name]:
            most = LONGEST[name]
            wrong[name] = ("CELL_TOO_LONG", f"不超过 {most} 字", f"at most {most} characters")
    if "date" in held and _date(held["date"]) is None:
        wrong["date"] = ("CELL_NO_DATE", "不是日期(如 2026-12-21)", "is no date, as 2026-12-21 is")
    for name in ("start", "end"):
        if name in held and _time(held[name]) is None:
            wrong[name] = ("CELL_NO_TIME", "不是时间(如 08:30)", "is no time, as 08:30 is")
    if "hours" in held and not _is_hours(held["hours"]):
        wrong["hours"] = ("CELL_HOURS", "应为 1 至 24 的整数", "should be a whole number from 1 to 24")
    if "room" in held and len(rooms.get(held["room"], [])) != 1:
        known = held["room"] in rooms
        wrong["room"] = MANY_ROOMS if known else NO_ROOM
    if "id_number" in held and not _is_id_number(held["id_number"]):
        wrong["id_number"] = ("CELL_ID_NUMBER", "身份证号不正确(单元格应为文本)", "is no ID number (format it as text)")
    if "kind" in held and held["kind"] not in KINDS:
        wrong["kind"] = ("CELL_KIND", "应为“理论”或“实操”", "should be 理论 (theory) or 实操 (practice)")
    return wrong


def _is_hours(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 2 and 1 <= int(text) <= 24


def _is_id_number(text: str) -> bool:
    try:
        parse_id_number(text)
    except LessonProofError:
        return False
    return True


def _line(cells: Mapping[str, str], rooms: dict[str, list[UUID]]) -> Line:
    guessed = "实操" if cells["content"].startswith(_PRACTICE) else "理论"
    row = PlanRow.model_validate(
        {
            "date": _date(cells["date"]),
            "start": _time(cells["start"]),
            "end": _time(cells["end"]),
            "lesson_hours": int(cells["hours"]),
            "kind": KINDS[cells.get("kind") or guessed],
            "room_id": rooms[cells["room"]][0],
            "teachers": [cells["teacher"]],
        }
    )
    return Line(row, cells["content"], cells["textbook"], parse_id_number(cells["id_number"]).number)


def _date(text: str) -> date | None:
    for form in _DATES:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a local day
        except ValueError:
            continue
    return None


def _time(text: str) -> time | None:
    for form in ("%H:%M", "%H:%M:%S"):
        try:
            return datetime.strptime(text.replace("\uff1a", ":"), form).time()  # noqa: DTZ007 - local
        except ValueError:
            continue
    return None


def _teachers(centre: Centre, session: Session, lines: list[Line], now: datetime) -> dict[str, Teacher]:
    hashes = {line.id_number: centre.vault.lookup("id_number", line.id_number) for line in lines}
    known = repository.teachers_by_hash(session, set(hashes.values()))
    people: dict[str, Teacher] = {}
    for line in lines:
        name, hashed = line.row.teachers[0], hashes[line.id_number]
        teacher = known.get(hashed)
        if teacher is None:
            teacher = Teacher(id=new_id(), created_at=now, name=name, id_number_hmac=hashed)
            teacher.id_number_cipher = centre.vault.seal(line.id_number, teacher.id)
            session.add(teacher)
            session.flush()
            known[hashed] = teacher
        elif teacher.name != name:
            raise LessonProofError(
                "TEACHER_NAME_DIFFERS",
                status=422,
                zh=f"教师 {name}:与该身份证号已登记的姓名不同",
                en=f"teacher {name}: another name is registered for this ID number",
            )
        people[line.id_number] = teacher
    return people
