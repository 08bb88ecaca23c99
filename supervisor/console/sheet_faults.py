"""A table file that was not taken, cell by cell: which cell, under which heading, what it holds, what was expected.

A cell with somebody's number, phone or name is pointed at and not repeated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from config.errors import LessonProofError
from supervisor.console.i18n import Words
from supervisor.spreadsheet import MAX_FAULTS, Faults, Row, Table, read_table

_PLAN_FIELDS = {"room_id": "room", "lesson_hours": "hours"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """How a kind of file is read, and which of its fields are nobody's business on a page."""

    headings: Mapping[str, str]
    necessary: Mapping[str, str]
    max_rows: int
    personal: Collection[str]


@dataclass(frozen=True, slots=True)
class CellFault:
    """`held` None: not repeated; empty: nothing."""

    where: str
    heading: str
    held: str | None
    expected: str


@dataclass(frozen=True, slots=True)
class FileFault:
    """`cells` empty: the fault is of the file as a whole."""

    code: str
    text: str
    cells: tuple[CellFault, ...]


def file_fault(error: LessonProofError, data: bytes, sheet: Sheet, words: Words) -> FileFault:
    """What the page says of `error`, which a service raised over the file `data`."""
    table = _table(data, sheet)
    sentence = error.zh if words.language == "zh" else error.en
    if error.code == "SHEET_FAULTS":
        cells = tuple(_cell(one["where"], one[words.language], table, sheet) for one in error.faults)
        n = len(cells)
        some, many = words("有 {n} 个单元格要改,文件没有导入", n=n), words("要改的单元格很多,先列出 {n} 个", n=n)
        return FileFault(error.code, some if n < MAX_FAULTS else many, cells)
    place = _place(error.where or "", table)
    return FileFault(error.code, sentence, (_cell(place, sentence, table, sheet),) if place else ())


def _table(data: bytes, sheet: Sheet) -> Table | None:
    try:
        return read_table(data, sheet.headings, sheet.necessary, sheet.max_rows, Faults())
    except LessonProofError:
        return None


def _place(pointer: str, table: Table | None) -> str:
    """`/plan/3/room_id` → the cell of the fourth row; empty: it is of no cell."""
    parts = pointer.strip("/").split("/")
    if table is None or len(parts) < 2 or parts[0] != "plan" or not parts[1].isdecimal():
        return ""
    at, field = int(parts[1]), _PLAN_FIELDS.get(parts[2], parts[2]) if len(parts) > 2 else "start"
    return table.where(table.rows[at], field) if at < len(table.rows) and field in table.columns else ""


def _cell(where: str, text: str, table: Table | None, sheet: Sheet) -> CellFault:
    expected = text.removeprefix(where)[1:].strip() if text.startswith(where) else text
    if table is None:
        return CellFault(where, "", None, expected)
    letter, number = where.rstrip("0123456789"), where[len(where.rstrip("0123456789")) :]
    field = next((name for name, column in table.columns.items() if column == letter), "")
    names = {name: heading for heading, name in reversed(list(sheet.headings.items()))}
    row = next((one for one in table.rows if str(one.number) == number), Row(0, {}))
    held = None if field in sheet.personal else row.cells.get(field, "")
    return CellFault(where, names.get(field, ""), held, expected)
