"""Tables that offices send: .xlsx and .csv bytes become a header and rows of text, each with its row number.

A file is untrusted: its size, its unpacked size, its rows and its columns are limited before anything is built of them.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from config.errors import LessonProofError

MAX_BYTES = 1024 * 1024
MAX_UNPACKED = 32 * 1024 * 1024
MAX_PARTS = 200
MAX_ROWS = 1000
MAX_COLUMNS = 64
MAX_CELL = 1000
_BRACKETS = str.maketrans({"\uff08": "(", "\uff09": ")"})


@dataclass(frozen=True, slots=True)
class Row:
    number: int  # as the spreadsheet counts, from 1
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    header: tuple[str, ...]
    rows: tuple[Row, ...]


def cell_name(column: int, row: int) -> str:
    """`D7` for column 3 (from 0), row 7."""
    return f"{get_column_letter(column + 1)}{row}"


def read_sheet(data: bytes) -> Sheet:
    """The first sheet. The first row that is not empty is the header, its brackets made half-width and spaces dropped;
    empty rows are left out.

    Raises LessonProofError, 422: SHEET_TOO_LARGE, SHEET_UNREADABLE, SHEET_EMPTY.
    """
    if len(data) > MAX_BYTES:
        raise _too_large()
    rows = _filled(_xlsx(data) if data.startswith(b"PK") else _csv(data))
    first = next(rows, None)
    if first is None:
        raise LessonProofError("SHEET_EMPTY", status=422, zh="表格是空的", en="the sheet is empty")
    header = tuple("".join(cell.translate(_BRACKETS).split()) for cell in first.cells)
    return Sheet(header, tuple(rows))


def _filled(rows: Iterable[list[str]]) -> Iterator[Row]:
    for number, cells in enumerate(rows, start=1):
        if number > MAX_ROWS + 1 or len(cells) > MAX_COLUMNS or any(len(cell) > MAX_CELL for cell in cells):
            raise _too_large()
        if any(cells):
            yield Row(number, tuple(cells))


def _xlsx(data: bytes) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise _too_large()
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            for values in book.worksheets[0].iter_rows(max_row=MAX_ROWS + 2, max_col=MAX_COLUMNS, values_only=True):
                yield [_text(value) for value in values]
        finally:
            book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, ParseError, OSError) as error:
        raise _unreadable() from error


def _csv(data: bytes) -> Iterator[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            raise _unreadable() from None
    try:
        for values in csv.reader(io.StringIO(text, newline="")):
            yield [value.strip() for value in values]
    except csv.Error:
        raise _unreadable() from None


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _too_large() -> LessonProofError:
    return LessonProofError(
        "SHEET_TOO_LARGE",
        status=422,
        zh=f"表格太大:不超过 1 MB、{MAX_ROWS} 行、{MAX_COLUMNS} 列",
        en=f"the sheet is too large: at most 1 MB, {MAX_ROWS} rows, {MAX_COLUMNS} columns",
    )


def _unreadable() -> LessonProofError:
    return LessonProofError(
        "SHEET_UNREADABLE",
        status=422,
        zh="无法读取:请用 .xlsx 或 .csv(UTF-8、GB18030)表格",
        en="unreadable: send an .xlsx or a .csv (UTF-8, GB18030) file",
    )
