"""Comparison lists of other offices: of each person only the keyed hash of the ID number is kept, until
the list expires."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from storage.database.types import new_id
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.paging import Page, page_of
from supervisor.rosters import repository
from supervisor.rosters.models import ComparisonList, ComparisonRow
from supervisor.rosters.schemas import ListAbout, ListOut
from supervisor.rules.identifiers import parse_id_number
from supervisor.rules.roster_facts import ListKind
from supervisor.spreadsheet import Faults, read_table

MAX_ROWS = 200_000
LONGEST = timedelta(days=366)
HEADINGS = {
    "身份证号": "id_number",
    "身份证号码": "id_number",
    "公民身份号码": "id_number",
    "社会保障号": "id_number",
    "起": "first",
    "止": "last",
}
NECESSARY = {"id_number": "身份证号"}


def import_list(centre: Centre, caller: Caller, about: ListAbout, data: bytes) -> ListOut:
    """The whole list or nothing. Raises LessonProofError (422) LIST_DATES, LIST_CATEGORY, and those of `read_table`;
    SHEET_FAULTS has every wrong cell."""
    now = centre.clock.now()
    today = now.astimezone(CHINA).date()
    if about.as_of > today or not today <= about.expires_on <= today + LONGEST:
        raise _error(
            "LIST_DATES",
            "/expires_on",
            "名单日期不能晚于今天;有效期须在今天以后一年之内",
            "the list is not from the future, and expires within a year from today",
        )
    if (about.kind is ListKind.CATEGORY) != (about.category is not None):
        raise _error(
            "LIST_CATEGORY",
            "/category",
            "只有人员类型名单须写明类型",
            "a category list, and no other, names its category",
        )
    people = _people(data)
    with centre.uow.write() as session:
        held = ComparisonList(
            id=new_id(),
            created_at=now,
            kind=about.kind,
            category=about.category,
            source=about.source,
            as_of=about.as_of,
            purpose=about.purpose,
            expires_at=datetime.combine(about.expires_on + timedelta(days=1), time(), CHINA),
            rows=len(people),
            file_sha256=hashlib.sha256(data).hexdigest(),
            imported_by=caller.account_id,
        )
        session.add(held)
        session.flush()
        session.add_all(
            ComparisonRow(
                list_id=held.id, id_number_hmac=centre.vault.lookup("id_number", number), first=first, last=last
            )
            for number, first, last in people
        )
        subject = f"comparison_list:{held.id}"
        record(session, now, caller.actor, "list_imported", subject, kind=held.kind, rows=held.rows)
        return _out(held, now)


def lists(centre: Centre, cursor: str | None, size: int) -> Page[ListOut]:
    """Raises LessonProofError CURSOR_INVALID (422)."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        rows = repository.lists(session, cursor, size)
        return Page(**page_of(rows, size, lambda held: (held.created_at, held.id), lambda held: _out(held, now)))


def withdraw(centre: Centre, caller: Caller, list_id: UUID) -> ListOut:
    """No source any more, its rows gone at once; what it once found stays. Raises LIST_NOT_FOUND (404), LIST_OVER
    (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        held = repository.comparison_list(session, list_id)
        if held is None:
            raise LessonProofError("LIST_NOT_FOUND", status=404, zh="没有这份名单", en="no such list")
        if not _in_force(held, now):
            raise LessonProofError("LIST_OVER", status=409, zh="名单已失效", en="the list is not in force any more")
        held.withdrawn_at = now
        _empty(session, held, now, caller.actor, "list_withdrawn")
        return _out(held, now)


def forget_lists(centre: Centre) -> int:
    """Job: delete the rows of lists whose time is over."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        over = repository.lists_to_empty(session, now)
        for held in over:
            _empty(session, held, now, "centre", "list_expired")
        return len(over)


def _empty(session: Session, held: ComparisonList, now: datetime, actor: str, action: str) -> None:
    repository.empty_list(session, held, now)
    record(session, now, actor, action, f"comparison_list:{held.id}", rows=held.rows)


def _people(data: bytes) -> list[tuple[str, date | None, date | None]]:
    """Each person and period once. An ID number of the list may be born after today as little as any other."""
    faults = Faults()
    table = read_table(data, HEADINGS, NECESSARY, MAX_ROWS, faults)
    people: dict[tuple[str, date | None, date | None], None] = {}
    for row in table.rows:
        cells = row.cells
        if "id_number" not in cells:
            faults.add(table.where(row, "id_number"), "CELL_EMPTY", "没有填身份证号", "the ID number is missing")
            continue
        number = ""
        if cells["id_number"]:
            try:
                number = parse_id_number(cells["id_number"]).number
            except LessonProofError as error:
                faults.add(table.where(row, "id_number"), "LIST_ID_INVALID", error.zh, error.en)
        days: dict[str, date | None] = {"first": None, "last": None}
        for name in days:
            if cells.get(name):
                try:
                    days[name] = date.fromisoformat(cells[name].replace("/", "-"))
                except ValueError:
                    faults.add(table.where(row, name), "DATE_INVALID", "日期应写作 2026-01-31", "write 2026-01-31")
        first, last = days["first"], days["last"]
        if first is not None and last is not None and last < first:
            faults.add(table.where(row, "last"), "DATE_INVALID", "止日早于起日", "it ends before it begins")
        people[number, first, last] = None
    faults.refuse()
    return list(people)


def _in_force(held: ComparisonList, now: datetime) -> bool:
    return held.withdrawn_at is None and held.expires_at > now


def _out(held: ComparisonList, now: datetime) -> ListOut:
    return ListOut(
        id=held.id,
        kind=ListKind(held.kind),
        category=held.category,
        source=held.source,
        as_of=held.as_of,
        purpose=held.purpose,
        expires_at=held.expires_at,
        rows=held.rows,
        created_at=held.created_at,
        withdrawn_at=held.withdrawn_at,
        in_force=_in_force(held, now),
    )


def _error(code: str, where: str, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=422, where=where, zh=zh, en=en)
