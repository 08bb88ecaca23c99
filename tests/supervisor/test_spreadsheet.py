"""Tables from outside: honest ones in each form, and hostile ones."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from config.errors import LessonProofError
from supervisor.rosters.people import HEADINGS, NECESSARY, RosterPerson, read_people
from supervisor.spreadsheet import MAX_UNPACKED, Faults, read_table
from tests.support.county import id_number

TODAY = date(2026, 11, 23)
HEAD = "序号,姓名,身份证号,性别,联系电话,银行账号"


def workbook(*rows: list[Any], before: bool = False) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    if before:
        sheet.append(["说明"])
        sheet = book.create_sheet("花名册")
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_sheet(data: bytes, xml: bytes) -> bytes:
    """The workbook with another content of its sheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, xml if part.filename.endswith("sheet1.xml") else old.read(part))
    return out.getvalue()


def rows_of_xml(count: int) -> bytes:
    names = "".join(
        f'<c r="{cell}1" t="inlineStr"><is><t>{text}</t></is></c>' for cell, text in (("A", "姓名"), ("B", "身份证号"))
    )
    body = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(2, count + 2))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{main}"><sheetData><row r="1">{names}</row>{body}</sheetData></worksheet>'.encode()


def people(data: bytes, max_rows: int = 1000) -> tuple[list[RosterPerson], list[str]]:
    faults = Faults()
    table = read_table(data, HEADINGS, NECESSARY, max_rows, faults)
    read = read_people(table, TODAY, faults)
    faults.refuse()
    return read, list(table.ignored)


TEXT = f"{HEAD}\n1,买买提•艾力,{id_number(1)},女,138 0000 1234,6222000000000000000\n\n2,王某,{id_number(2)},,,\n"


@pytest.mark.rule("A-05")
@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("gb18030"),
        workbook(HEAD.split(","), *(line.split(",") for line in TEXT.splitlines()[1:])),
        workbook(HEAD.split(","), *(line.split(",") for line in TEXT.splitlines()[1:]), before=True),
    ],
)
def test_a_roster_is_read_in_every_form(data: bytes) -> None:
    read, ignored = people(data)
    assert [(one.name, one.id_number, one.phone, one.account) for one in read] == [
        ("买买提·艾力", id_number(1), "13800001234", "6222000000000000000"),
        ("王某", id_number(2), None, None),
    ]
    assert ignored == ["序号"]


@pytest.mark.rule("A-05", "RC01", "RC02")
def test_every_fault_is_told_at_once_with_its_cell_and_no_content() -> None:
    wrong = [
        ["姓名", "身份证号", "性别", "联系电话", "银行账号"],
        ["周某", id_number(1), "男人", "139", None],
        ["吴1", id_number(1), None, None, "abc"],
        [None, "140521198001011234", None, None, None],
        ["郑某", 140521198001010000, None, "=1+1", None],
    ]
    with pytest.raises(LessonProofError) as refused:
        people(workbook(*wrong))
    assert refused.value.code == "SHEET_FAULTS"
    assert sorted((one["where"], one["code"]) for one in refused.value.faults) == [
        ("A3", "NAME_INVALID"),
        ("A4", "CELL_EMPTY"),
        ("B3", "ROSTER_DUPLICATE"),
        ("B4", "ROSTER_ID_INVALID"),
        ("B5", "CELL_LOST_DIGITS"),
        ("C2", "SEX_INVALID"),
        ("D2", "PHONE_INVALID"),
        ("D5", "CELL_FORMULA"),
        ("E3", "ACCOUNT_INVALID"),
    ]
    assert id_number(1) not in str(refused.value.problem())


PLAIN = workbook(["姓名", "身份证号"], ["王某", id_number(2)])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "SHEET_EMPTY"),
        (b" \r\n", "SHEET_EMPTY"),
        ("姓名,身份证号\n".encode(), "SHEET_EMPTY"),
        (workbook(["姓名", "身份证号"]), "SHEET_EMPTY"),
        (workbook(["甲", "乙"], ["王某", "1"]), "SHEET_HEADER"),
        ("姓名,姓名,身份证号\na,b,c".encode(), "SHEET_HEADER"),
        (b"PK\x03\x04 and then nothing of a zip", "SHEET_UNREADABLE"),
        (PLAIN[: len(PLAIN) // 2], "SHEET_UNREADABLE"),
        (with_sheet(PLAIN, b"<worksheet><sheetData><row"), "SHEET_UNREADABLE"),
        (with_sheet(PLAIN, b'<!DOCTYPE a [<!ENTITY b "b">]><worksheet>&b;</worksheet>'), "SHEET_UNREADABLE"),
        (with_sheet(PLAIN, b" " * (MAX_UNPACKED + 1)), "SHEET_TOO_LARGE"),
        (with_sheet(PLAIN, rows_of_xml(1_000_000)), "SHEET_TOO_LARGE"),
        (with_sheet(PLAIN, rows_of_xml(2000)), "SHEET_TOO_MANY_ROWS"),
        ("姓名,身份证号\n".encode() + b"a,b\n" * 1001, "SHEET_TOO_MANY_ROWS"),
        (("姓名,身份证号" + "," * 59 + "x\na,b").encode(), "SHEET_TOO_MANY_COLUMNS"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x", "SHEET_OLD_FORMAT"),
        (b"\xff\xff\xff", "SHEET_ENCODING"),
        ("姓名,身份证号\n\0,b".encode(), "SHEET_UNREADABLE"),
        ('姓名,身份证号\n"a'.encode(), "SHEET_UNREADABLE"),
    ],
    ids=range(19),
)
def test_a_file_that_is_no_roster_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(LessonProofError) as refused:
        people(data)
    assert (refused.value.code, refused.value.status) == (code, 422)
