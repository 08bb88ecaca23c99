"""The class sheet as a spreadsheet: the page's own figures, with who took it away and when on every sheet."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from supervisor.console.class_sheet import ClassSheetView
from supervisor.console.i18n import Words

MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FILLS = {"ok": "E0F3E7", "warn": "FFF0CF", "bad": "FDE8E6", "none": "E8ECF2", "wait": "EFEAFB"}
_BLACK = Border(**dict.fromkeys(("left", "right", "top", "bottom"), Side("medium", "000000")))
_HEAD = Font(bold=True)
_WIDE = 12


def sheet_xlsx(view: ClassSheetView, words: Words) -> bytes:
    book = Workbook()
    hours, people, about = book.active, book.create_sheet(), book.create_sheet()
    hours.title, people.title, about.title = words("课时"), words("学员"), words("规则与记录")
    _hours(hours, view, words)
    _people(people, view, words)
    _about(about, view, words)
    for sheet in (hours, people, about):
        sheet.oddFooter.center.text = f"{view.watermark} · {words('校验码')} {view.check_code} · &P/&N"
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _put(sheet: Worksheet, row: Sequence[object], *, head: bool = False) -> int:
    """Text that a spreadsheet would run as a formula stays text."""
    sheet.append([f"'{one}" if isinstance(one, str) and one.startswith(_FORMULA) else one for one in row])
    if head:
        for cell in sheet[sheet.max_row]:
            cell.font = _HEAD
    return int(sheet.max_row)


def _top(sheet: Worksheet, view: ClassSheetView, words: Words, widths: Iterable[int]) -> None:
    for at, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(at)].width = width
    _put(sheet, [f"{view.title} · {words('班级合规表')}"], head=True)
    _put(sheet, [f"{view.institution} · {view.class_no} · {view.span}"])
    _put(sheet, [f"{view.watermark} · {words('校验码')} {view.check_code}"])
    _put(sheet, [])


def _hours(sheet: Worksheet, view: ClassSheetView, words: Words) -> None:
    _top(sheet, view, words, [16, *[_WIDE + 4] * view.slots, 26])
    _put(
        sheet, [words("日期"), *(words("第 {n} 课时", n=at + 1) for at in range(view.slots)), words("当天")], head=True
    )
    groups = dict(view.legend)
    for row in view.rows:
        told = [
            f"{groups[one.group]} {one.figure}" if one and one.group in groups else one.figure if one else ""
            for one in row.cells
        ]
        at = _put(sheet, [row.title, *told, row.note])
        for column, cell in enumerate(row.cells, start=2):
            if cell is None:
                continue
            place = sheet.cell(at, column)
            place.alignment = Alignment(horizontal="center")
            if cell.tone in _FILLS:
                place.fill = PatternFill("solid", _FILLS[cell.tone])
            if cell.overruled:
                place.border = _BLACK
    sheet.freeze_panes = "B6"
    _put(sheet, [])
    _put(sheet, [words("格内:结论、画面中位人数/应当看见的人数。黑框:人工改判。灰色:缺录像,不自动判违规。")])


def _people(sheet: Worksheet, view: ClassSheetView, words: Words) -> None:
    _top(sheet, view, words, [8, _WIDE, 24, _WIDE, _WIDE, 48])
    heads = [words("序号"), words("姓名"), words("身份证号"), words("到课率"), words("出勤 / 已上"), words("提示")]
    _put(sheet, heads, head=True)
    for one in view.trainees:
        share = "" if one.percent is None else f"{one.percent}%"
        hints = "; ".join(hint.text for hint in one.hints)
        _put(sheet, [one.number, one.name, one.id_number, share, one.attended, hints])
    sheet.freeze_panes = "A6"


def _about(sheet: Worksheet, view: ClassSheetView, words: Words) -> None:
    _top(sheet, view, words, [24, 60, 24, 24])
    _put(sheet, [words("已上课时"), f"{view.over}/{view.planned}"])
    _put(sheet, [words("认定课时"), view.recognised])
    for figure in view.figures:
        _put(sheet, [figure.mark.text, figure.count])
    _put(sheet, [words("到课率达到 {n}% 的学员", n=view.minimum), f"{view.enough}/{view.heads}"])
    for name, value in view.rules:
        _put(sheet, [name, value])
    _put(sheet, [words("开班"), view.approval, view.state.text])
    _put(sheet, [])
    _put(sheet, [words("变更、请假、补签、退班"), "", words("结果"), words("提出时间")], head=True)
    for line in view.log:
        _put(sheet, [line.title, line.text, line.mark.text, line.at.strftime("%Y-%m-%d %H:%M UTC")])
