"""A foreign table, .xlsx or .csv, read into rows of text. Nothing in it is trusted: sizes have limits before anything
is unpacked, formulas are refused, and every fault of the file is told at once with its cell."""

from __future__ import annotations

import csv
import io
import unicodedata
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from config.errors import LessonProofError

MAX_UNPACKED = 32 * 1024 * 1024
MAX_PARTS = 200
MAX_COLUMNS = 60
MAX_TEXT = 512
MAX_FAULTS = 200
_EXACT_DIGITS = 15  # a spreadsheet's number keeps no more
_OLD_EXCEL = bytes.fromhex("d0cf11e0a1b11ae1")
_DOCTYPES = tuple("<!DOCTYPE".encode(coding) for coding in ("utf-8", "utf-16-le", "utf-16-be"))

Bad = tuple[str, str, str]  # code, zh, en
FORMULA: Bad = ("CELL_FORMULA", "不能含公式,请粘贴为数值", "holds a formula: paste it as a value")
BROKEN: Bad = ("CELL_ERROR", "单元格内容是错误值", "holds an error value")
DIGITS: Bad = (
    "CELL_LOST_DIGITS",
    "数字过长已丢失精度,请设为文本格式",
    "a long number has lost digits: format it as text",
)
LONG: Bad = ("CELL_TOO_LONG", f"超过 {MAX_TEXT} 个字", f"is longer than {MAX_TEXT} characters")


@dataclass
class Faults:
    """All that is wrong with a file. No fault repeats what the cell holds."""

    found: list[dict[str, str]] = field(default_factory=list)

    def add(self, where: str, code: str, zh: str, en: str) -> None:
        self.found.append({"where": where, "code": code, "zh": f"{where}:{zh}", "en": f"{where}: {en}"})

    def refuse(self) -> None:
        """Raises LessonProofError SHEET_FAULTS (422) when there are any; `where` is that of the first."""
        if self.found:
            count = len(self.found)
            raise LessonProofError(
                "SHEET_FAULTS",
                status=422,
                where=self.found[0]["where"],
                zh=f"文件有 {count} 处错误,未导入任何内容。{self.found[0]['zh']}",
                en=f"{count} fault(s) in the file, nothing was imported; {self.found[0]['en']}",
                faults=self.found[:MAX_FAULTS],
            )


@dataclass(frozen=True)
class Row:
    """`number`: as the spreadsheet counts, from 1. Only cells that hold something."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """`columns`: field → letter. `ignored`: headings nobody asked for."""

    columns: Mapping[str, str]
    ignored: Sequence[str]
    rows: Sequence[Row]

    def where(self, row: Row, name: str) -> str:
        return f"{self.columns[name]}{row.number}"


def read_table(
    data: bytes, headings: Mapping[str, str], necessary: Mapping[str, str], max_rows: int, faults: Faults
) -> Table:
    """`headings`: heading → field, several may mean one. `necessary`: field → its heading. Cell faults go to `faults`.

    Raises LessonProofError (422): SHEET_EMPTY, SHEET_UNREADABLE, SHEET_OLD_FORMAT, SHEET_TOO_LARGE, SHEET_ENCODING,
    SHEET_HEADER (with its cell), SHEET_TOO_MANY_ROWS, SHEET_TOO_MANY_COLUMNS.
    """
    if not data.strip():
        raise _error("SHEET_EMPTY", "文件是空的", "the file is empty")
    if data.startswith(_OLD_EXCEL):
        raise _error("SHEET_OLD_FORMAT", "请将 .xls 另存为 .xlsx", "save the .xls as .xlsx")
    if data.startswith(b"PK"):
        return _from_workbook(data, headings, necessary, max_rows, faults)
    return _table(_csv_rows(data, max_rows), headings, necessary, max_rows, faults)


def _from_workbook(
    data: bytes, headings: Mapping[str, str], necessary: Mapping[str, str], max_rows: int, faults: Faults
) -> Table:
    """The first sheet with the necessary headings in its first row."""
    try:
        _refuse_bombs(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # what the file says of its size is not believed
                top = next(sheet.iter_rows(min_row=1, max_row=1, max_col=MAX_COLUMNS), ())
                held = {headings.get(_heading(_cell(one)[0])) for one in top}
                if held >= set(necessary):
                    rows = sheet.iter_rows(min_row=1, max_row=max_rows + 2, max_col=MAX_COLUMNS + 1)
                    return _table((map(_cell, row) for row in rows), headings, necessary, max_rows, faults)
    except LessonProofError:
        raise
    except Exception as error:  # whatever a foreign file makes the library raise
        raise _error(
            "SHEET_UNREADABLE", "文件损坏或不是 .xlsx 表格", "the file is damaged or no .xlsx spreadsheet"
        ) from error
    raise _no_heading(necessary.values())


def _refuse_bombs(data: bytes) -> None:
    """zipfile gives no more of a part than its header says, so that the headers may be believed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise _error("SHEET_TOO_LARGE", "表格过大", "the spreadsheet unpacks to too much")
        if any(mark in archive.read(part) for part in parts for mark in _DOCTYPES):
            raise _error("SHEET_UNREADABLE", "文件不是正常的表格", "the file is no ordinary spreadsheet")


def _cell(cell: object) -> tuple[str, Bad | None]:
    value, kind = getattr(cell, "value", None), getattr(cell, "data_type", "n")
    if value is None:
        return "", None
    if kind == "f":
        return "", FORMULA
    if kind == "e":
        return "", BROKEN
    if isinstance(value, datetime | date):
        return (value.date() if isinstance(value, datetime) else value).isoformat(), None
    if isinstance(value, time):
        return value.isoformat(), None
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value != int(value) or abs(value) >= 10**_EXACT_DIGITS:
            return "", DIGITS
        return str(int(value)), None
    return str(value).strip(), None


def _csv_rows(data: bytes, max_rows: int) -> Iterator[list[tuple[str, Bad | None]]]:
    for coding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(coding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise _error("SHEET_ENCODING", "文字编码须为 UTF-8 或 GB18030", "the text must be UTF-8 or GB18030")
    if "\0" in text:
        raise _error("SHEET_UNREADABLE", "文件不是 .csv 文本", "the file is no .csv text")
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True)):
            if number > max_rows + 1:
                return
            yield [_csv_cell(one) for one in row[: MAX_COLUMNS + 1]]
    except csv.Error:
        raise _error("SHEET_UNREADABLE", "文件不是 .csv 文本", "the file is no .csv text") from None


def _csv_cell(text: str) -> tuple[str, Bad | None]:
    text = text.strip().removeprefix("'").strip("\t")  # how people keep a spreadsheet from eating digits
    return ("", FORMULA) if text.startswith("=") else (text, None)


def _table(
    rows: Iterable[Iterable[tuple[str, Bad | None]]],
    headings: Mapping[str, str],
    necessary: Mapping[str, str],
    max_rows: int,
    faults: Faults,
) -> Table:
    columns: dict[str, int] = {}
    ignored: list[str] = []
    kept: list[Row] = []
    for number, row in enumerate(rows, start=1):
        cells = list(row)
        if any(text or bad for text, bad in cells[MAX_COLUMNS:]):
            raise _error("SHEET_TOO_MANY_COLUMNS", f"超过 {MAX_COLUMNS} 列", f"more than {MAX_COLUMNS} columns")
        if number == 1:
            columns, ignored = _headings([text for text, _ in cells], headings, necessary)
            continue
        if not any(text or bad for text, bad in cells):
            continue
        if number > max_rows + 1:
            raise _error("SHEET_TOO_MANY_ROWS", f"超过 {max_rows} 行", f"more than {max_rows} rows")
        held = {}
        for name, place in columns.items():
            text, bad = cells[place] if place < len(cells) else ("", None)
            bad = LONG if len(text) > MAX_TEXT else bad
            if bad is not None:
                faults.add(f"{get_column_letter(place + 1)}{number}", *bad)
                held[name] = ""  # told once: the cell is not missing too
            elif text:
                held[name] = text
        kept.append(Row(number, held))
    if not columns:
        raise _no_heading(necessary.values())
    if not kept:
        raise _error("SHEET_EMPTY", "表头下面没有内容", "there is nothing under the headings")
    return Table({name: get_column_letter(place + 1) for name, place in columns.items()}, ignored, kept)


def _heading(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).strip("*:")


def _headings(
    texts: list[str], headings: Mapping[str, str], necessary: Mapping[str, str]
) -> tuple[dict[str, int], list[str]]:
    columns: dict[str, int] = {}
    ignored: list[str] = []
    for place, text in enumerate(texts):
        name = headings.get(_heading(text))
        if name is None:
            ignored.extend([_heading(text)[:32]] if text else [])
        elif name in columns:
            where = f"{get_column_letter(place + 1)}1"
            raise _error("SHEET_HEADER", f"{where}:表头重复", f"{where}: this heading is there twice", where)
        else:
            columns[name] = place
    missing = [heading for name, heading in necessary.items() if name not in columns]
    if missing:
        raise _no_heading(missing)
    return columns, ignored


def _no_heading(missing: Iterable[str]) -> LessonProofError:
    names = "、".join(missing)
    return _error("SHEET_HEADER", f"第一行缺少表头:{names}", f"the first row lacks the headings {names}", "A1")


def _error(code: str, zh: str, en: str, where: str | None = None) -> LessonProofError:
    return LessonProofError(code, status=422, zh=zh, en=en, where=where)
