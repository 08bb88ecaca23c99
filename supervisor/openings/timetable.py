"""The schools' timetable file (HRSS header row) becomes the plan of a draft class: all or nothing (A-10, 2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from pydantic import ValidationError
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
from supervisor.spreadsheet import Sheet, cell_name, read_sheet

DATE, CONTENT, HOURS, START, END = "上课日期", "课别(上课内容)", "课时", "上课开始时间", "上课结束时间"
ROOM, TEACHER, TEACHER_ID, TEXTBOOK = "上课地点(教室名称)", "培训教师", "教师身份证号", "教材名称及出版社单位"
COLUMNS = (DATE, CONTENT, HOURS, START, END, ROOM, TEACHER, TEACHER_ID, TEXTBOOK)
KIND = "类别"
KINDS = {"理论": LessonKind.THEORY, "实操": LessonKind.PRACTICE}
_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d")
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

    Raises PLAN_FILE_INVALID (422), whose sentence names every wrong cell, SHEET_… (422), and what a class's plan does.
    """
    now = centre.clock.now()
    sheet = read_sheet(data)
    with centre.uow.write() as session:
        training = found_class(session, caller, class_id, lock=True)
        require_status(training, "draft", "returned")
        refuse_secret(session, training.institution_id)
        lines = parse(sheet, repository.rooms_named(session, training.institution_id))
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


def parse(sheet: Sheet, rooms: dict[str, list[UUID]]) -> list[Line]:
    """Raises LessonProofError PLAN_FILE_INVALID (422); `where` is the first wrong cell. An ID number is never
    repeated in an error."""
    absent = [name for name in COLUMNS if name not in sheet.header]
    if absent or len(set(sheet.header)) < len([name for name in sheet.header if name]):
        raise _invalid([("1", f"表头应有:{'、'.join(absent or COLUMNS)},且不重复")])
    if not sheet.rows:
        raise _invalid([("A2", "没有课次")])
    faults: list[tuple[str, str]] = []
    lines: list[Line] = []
    for row in sheet.rows:
        cells = dict(zip(sheet.header, (*row.cells, *[""] * len(sheet.header)), strict=False))
        wrong = _faults(cells, rooms)
        faults += [(cell_name(sheet.header.index(name), row.number), what) for name, what in wrong.items()]
        if not wrong:
            try:
                lines.append(_line(cells, rooms))
            except ValidationError:
                faults.append((str(row.number), "内容过长"))
    if faults:
        raise _invalid(faults)
    return lines


def _faults(cells: dict[str, str], rooms: dict[str, list[UUID]]) -> dict[str, str]:
    wrong = {name: "不能为空" for name in COLUMNS if not cells[name]}
    if DATE not in wrong and _date(cells[DATE]) is None:
        wrong[DATE] = "不是日期"
    for name in (START, END):
        if name not in wrong and _time(cells[name]) is None:
            wrong[name] = "不是时间(如 08:30)"
    hours = cells[HOURS]
    if HOURS not in wrong and not (hours.isascii() and hours.isdigit() and len(hours) <= 2 and 1 <= int(hours) <= 24):
        wrong[HOURS] = "应为 1 至 24 的整数"
    if ROOM not in wrong and len(rooms.get(cells[ROOM], [])) != 1:
        wrong[ROOM] = "该机构没有这个教室" if cells[ROOM] not in rooms else "有多个同名教室"
    if TEACHER_ID not in wrong:
        try:
            parse_id_number(cells[TEACHER_ID])
        except LessonProofError:
            wrong[TEACHER_ID] = "身份证号不正确(单元格应为文本)"
    for name, most in ((TEACHER, 64), (CONTENT, 512), (TEXTBOOK, 256)):
        if len(cells[name]) > most:
            wrong[name] = f"不超过 {most} 字"
    if cells.get(KIND) and cells[KIND] not in KINDS:
        wrong[KIND] = "应为“理论”或“实操”"
    return wrong


def _line(cells: dict[str, str], rooms: dict[str, list[UUID]]) -> Line:
    guessed = "实操" if cells[CONTENT].startswith(_PRACTICE) else "理论"
    row = PlanRow.model_validate(
        {
            "date": _date(cells[DATE]),
            "start": _time(cells[START]),
            "end": _time(cells[END]),
            "lesson_hours": int(cells[HOURS]),
            "kind": KINDS[cells.get(KIND) or guessed],
            "room_id": rooms[cells[ROOM]][0],
            "teachers": [cells[TEACHER]],
        }
    )
    return Line(row, cells[CONTENT], cells[TEXTBOOK], parse_id_number(cells[TEACHER_ID]).number)


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
            raise _invalid([(TEACHER, f"{name}:与该身份证号已登记的姓名不同")])
        people[line.id_number] = teacher
    return people


def _invalid(faults: list[tuple[str, str]]) -> LessonProofError:
    zh = ";".join(f"{cell}:{what}" for cell, what in faults)
    cells = ", ".join(cell for cell, _ in faults)
    return LessonProofError(
        "PLAN_FILE_INVALID", status=422, where=faults[0][0], zh=f"课程表不正确:{zh}", en=f"wrong cells: {cells}"
    )
