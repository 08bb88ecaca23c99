"""The acknowledgement sheet that comes back from the registry: csv or xlsx, bounded, by its headings."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from itertools import islice

from openpyxl import load_workbook

from config.errors import LessonProofError
from supervisor.registry.client import WORDS_MAX, Pushed
from supervisor.registry.mapping import AcknowledgementColumns

SHEET_MAX_BYTES = 5 * 1024**2
_UNPACKED_MAX_BYTES = 50 * 1024**2
_ROWS_MAX = 20_000


def read_sheet(name: str, content: bytes, columns: AcknowledgementColumns) -> list[Pushed]:
    """Raises LessonProofError ACKNOWLEDGEMENT_SHEET (422)."""
    if len(content) > SHEET_MAX_BYTES:
        raise _wrong("文件太大", "the file is too large")
    try:
        rows = list(islice(_xlsx(content) if name.endswith(".xlsx") else _csv(content), _ROWS_MAX + 1))
    except LessonProofError:
        raise
    except Exception:  # noqa: BLE001 - openpyxl raises what it likes at a damaged file
        raise _wrong("无法读取该表格", "not a sheet that can be read") from None
    if not rows or len(rows) > _ROWS_MAX:
        raise _wrong("表格为空或行数过多", "the sheet is empty or too long")
    heads = rows[0]
    try:
        key, result = heads.index(columns.key), heads.index(columns.result)
    except ValueError:
        raise _wrong(f"缺少“{columns.key}”或“{columns.result}”列", "the heading of key or result is missing") from None
    ref, words = (heads.index(head) if head in heads else None for head in (columns.ref, columns.words))

    def cell(row: list[str], at: int | None) -> str | None:
        return row[at] if at is not None and at < len(row) and row[at] else None

    return [
        Pushed(
            cell(row, key) or "",
            "acknowledged" if cell(row, result) == columns.accepted else "refused",
            ref=(cell(row, ref) or "")[:128] or None,
            words=(cell(row, words) or "")[:WORDS_MAX] or None,
        )
        for row in rows[1:]
        if any(row)
    ]


def _csv(content: bytes) -> Iterator[list[str]]:
    for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))):
        yield [cell.strip() for cell in row]


def _xlsx(content: bytes) -> Iterator[list[str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(one.file_size for one in packed.infolist()) > _UNPACKED_MAX_BYTES:
            raise _wrong("文件太大", "the file is too large")
    sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
    for row in sheet.iter_rows(values_only=True):
        yield ["" if cell is None else str(cell).strip() for cell in row]


def _wrong(zh: str, en: str) -> LessonProofError:
    return LessonProofError("ACKNOWLEDGEMENT_SHEET", status=422, zh=zh, en=en)
