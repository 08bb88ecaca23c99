"""Empty tables to fill in: the headings that the imports read, and a second sheet that says how."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from supervisor.console.i18n import Words
from supervisor.openings.catalogue_sheet import COLUMNS as CATALOGUE
from supervisor.openings.timetable import COLUMNS

TEXT_ROWS = 300
"""Rows whose cells are text from the start: a spreadsheet keeps 15 digits of a number, an ID number has 18."""
_ROSTER = (
    "姓名", "身份证号", "性别", "民族", "文化程度", "户口性质", "联系电话", "人员类型", "家庭住址", "开户名",
    "银行账号",
)  # fmt: skip
_HEAD = PatternFill("solid", fgColor="E6F0FB")


def blank_roster(words: Words) -> bytes:
    return _book(
        _ROSTER,
        [
            words("一行一名学员。姓名和身份证号必填,其余可以不填。"),
            words("身份证号、电话、银行账号请保持文本格式,不要改成数字。"),
            words("不要用公式。其他列(序号、备注等)可以保留,系统不读取。"),
        ],
        words,
    )


def blank_timetable(rooms: Iterable[str], words: Words) -> bytes:
    return _book(
        (*COLUMNS, "类别"),
        [
            words(
                "一行一次课。表头请勿改动;「类别」填「理论」或「实操」,没有这一列时,内容以「实操」「实训」开头的算实操。"
            ),
            words("日期如 2026-12-21,时间如 08:30,课时为整数。"),
            words("教室名称须与登记的一致:{rooms}", rooms="、".join(rooms) or "—"),
            words("身份证号请保持文本格式,不要改成数字。不要用公式。"),
        ],
        words,
    )


def blank_catalogue(words: Words) -> bytes:
    return _book(
        tuple(CATALOGUE),
        [
            words("一行一个职业(工种)的一个等级,或一个评价机构。评价机构没有等级,这一列不读取。"),
            words("代码和等级须与办学许可、开班申请里写的一致,如 6-31-01-03 和 5。不要用公式。"),
        ],
        words,
    )


def _book(headings: Sequence[str], notes: Sequence[str], words: Words) -> bytes:
    book = Workbook()
    table, about = book.active, book.create_sheet(words("填写说明"))
    table.append(list(headings))
    for at, heading in enumerate(headings, start=1):
        cell = table.cell(1, at)
        cell.font, cell.fill = Font(bold=True), _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        table.column_dimensions[get_column_letter(at)].width = max(12, 2 * len(heading))
        for row in range(2, TEXT_ROWS + 2):
            table.cell(row, at).number_format = "@"
    table.freeze_panes = "A2"
    about.column_dimensions["A"].width = 100
    for note in notes:
        about.append([note])
        about.cell(about.max_row, 1).alignment = Alignment(wrap_text=True)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
