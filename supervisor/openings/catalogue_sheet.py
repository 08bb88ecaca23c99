"""A catalogue's file, .xlsx or .csv, becomes its lines: all or nothing, every wrong cell named."""

from __future__ import annotations

from supervisor.openings.schemas import CatalogueLine, Kind
from supervisor.openings.timetable import EMPTY
from supervisor.spreadsheet import Faults, read_table

BODY_COLUMNS = {"代码": "code", "名称": "name"}
COLUMNS = BODY_COLUMNS | {"等级": "level"}
"""Heading → field: of evaluation bodies, and of occupations."""
_ALIKE = {
    "编码": "code",
    "职业编码": "code",
    "职业代码": "code",
    "职业(工种)编码": "code",
    "职业(工种)代码": "code",
    "机构代码": "code",
    "职业名称": "name",
    "职业(工种)名称": "name",
    "机构名称": "name",
    "级别": "level",
    "技能等级": "level",
}
MAX_ROWS = 2000
LONGEST = {"code": 64, "name": 128, "level": 16}


def headings(kind: Kind) -> dict[str, str]:
    """An evaluation body has no level: such a column is not read."""
    return {heading: name for heading, name in (COLUMNS | _ALIKE).items() if kind == "occupation" or name != "level"}


def necessary(kind: Kind) -> dict[str, str]:
    columns = COLUMNS if kind == "occupation" else BODY_COLUMNS
    return {name: heading for heading, name in columns.items()}


def read_lines(kind: Kind, data: bytes) -> list[CatalogueLine]:
    """Raises LessonProofError (422) SHEET_FAULTS with every wrong cell, and those of `read_table`."""
    faults = Faults()
    wanted = necessary(kind)
    table = read_table(data, headings(kind), wanted, MAX_ROWS, faults)
    lines: list[CatalogueLine] = []
    rows: dict[tuple[str, str], int] = {}
    for row in table.rows:
        for name in wanted:
            if name not in row.cells:
                faults.add(table.where(row, name), *EMPTY)
            elif len(row.cells[name]) > LONGEST[name]:
                most = LONGEST[name]
                faults.add(
                    table.where(row, name), "CELL_TOO_LONG", f"超过 {most} 个字", f"longer than {most} characters"
                )
        told = {name: row.cells.get(name, "") for name in wanted}
        before = rows.setdefault((told["code"], told.get("level", "")), row.number)
        if before != row.number and told["code"]:
            zh, en = f"与第 {before} 行重复", f"the same as row {before}"
            faults.add(table.where(row, "code"), "CELL_TWICE", zh, en)
        if not faults.found:
            lines.append(CatalogueLine(**told))
    faults.refuse()
    return lines
