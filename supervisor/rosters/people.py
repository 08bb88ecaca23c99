"""Rows of a roster file as people. Headings are those real files use (RULES 2.3); only 姓名 and 身份证号 are
necessary."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from config.errors import LessonProofError
from supervisor.rules.identifiers import Sex, parse_id_number
from supervisor.spreadsheet import Faults, Row, Table

HEADINGS = {
    "姓名": "name",
    "身份证号": "id_number",
    "身份证号码": "id_number",
    "公民身份号码": "id_number",
    "社会保障号": "id_number",
    "性别": "sex",
    "民族": "ethnic",
    "文化程度": "education",
    "学历": "education",
    "户口性质": "household",
    "联系电话": "phone",
    "手机号": "phone",
    "人员类型": "category",
    "家庭住址": "address",
    "开户名": "account_name",
    "银行账号": "account",
}
NECESSARY = {"name": "姓名", "id_number": "身份证号"}
PERSONAL = ("phone", "account", "account_name", "address")

_SEXES = {"男": Sex.MALE, "1": Sex.MALE, "女": Sex.FEMALE, "2": Sex.FEMALE}
_DOTS = str.maketrans("•・‧∙.", "·····")  # to U+00B7
_NAME = re.compile(r"[^\W\d_][^\d_]{1,29}")
_PHONE = re.compile(r"1[0-9]{10}")
_ACCOUNT = re.compile(r"[0-9]{8,32}")
_SHORT = 32


@dataclass(frozen=True, slots=True, repr=False)
class RosterPerson:
    """Has no repr, so that it does not wander into a log. `where_name`: the cell of the name."""

    name: str
    id_number: str
    where_name: str
    sex: Sex | None = None
    ethnic: str | None = None
    education: str | None = None
    household: str | None = None
    category: str | None = None
    phone: str | None = None
    account: str | None = None
    account_name: str | None = None
    address: str | None = None


def read_people(table: Table, today: date, faults: Faults) -> list[RosterPerson]:
    """Each fault goes to `faults` with its cell; the people are worth something only when there is none."""
    seen: dict[str, str] = {}
    return [_person(table, row, today, seen, faults) for row in table.rows]


def _person(table: Table, row: Row, today: date, seen: dict[str, str], faults: Faults) -> RosterPerson:
    cells = row.cells
    for name, heading in NECESSARY.items():
        if name not in cells:
            faults.add(table.where(row, name), "CELL_EMPTY", f"没有填{heading}", f"{heading} is missing")
    number = ""
    if cells.get("id_number"):
        number = _id_number(cells["id_number"], table.where(row, "id_number"), today, seen, faults)

    def read(name: str, parse: Callable[[str], object], zh: str, en: str) -> str | None:
        """The text of a cell; a fault when `parse` gives nothing."""
        text = cells.get(name)
        if text and not parse(text):
            faults.add(table.where(row, name), f"{name.upper()}_INVALID", zh, en)
            return None
        return text or None

    sex = read("sex", _SEXES.get, "性别须为男或女", "the sex must be 男 or 女")
    name = (cells.get("name") or "").translate(_DOTS)
    if name and not _NAME.fullmatch(name):
        faults.add(
            table.where(row, "name"), "NAME_INVALID", "姓名应为 2–30 个字", "a name has 2 to 30 letters, no digits"
        )
    short = {
        name: read(name, lambda text: len(text) <= _SHORT, f"不超过 {_SHORT} 个字", f"at most {_SHORT} characters")
        for name in ("ethnic", "education", "household", "category")
    }
    phone = read("phone", lambda text: _PHONE.fullmatch(_digits(text)), "电话应为 11 位手机号", "a phone has 11 digits")
    account = read(
        "account",
        lambda text: _ACCOUNT.fullmatch(_digits(text)),
        "银行账号应为 8–32 位数字",
        "an account has 8–32 digits",
    )
    return RosterPerson(
        name=name,
        id_number=number,
        where_name=table.where(row, "name"),
        sex=_SEXES[sex] if sex else None,
        phone=_digits(phone) if phone else None,
        account=_digits(account) if account else None,
        account_name=cells.get("account_name") or None,
        address=cells.get("address") or None,
        **short,
    )


def _id_number(text: str, where: str, today: date, seen: dict[str, str], faults: Faults) -> str:
    try:
        number = parse_id_number(text, today=today).number
    except LessonProofError as error:
        faults.add(where, "ROSTER_ID_INVALID", error.zh, error.en)
        return ""
    if number in seen:
        faults.add(where, "ROSTER_DUPLICATE", f"与 {seen[number]} 是同一人", f"is the same person as {seen[number]}")
    seen.setdefault(number, where)
    return number


def _digits(text: str) -> str:
    return text.replace(" ", "").replace("-", "")
