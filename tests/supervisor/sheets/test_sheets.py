"""The class sheet's register, its roles, its spreadsheet, and the number of its queries."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, select, text

from config.settings import CentreSettings
from supervisor.callers import Caller, Role
from supervisor.console.class_export import sheet_xlsx
from supervisor.console.class_sheet import present_sheet
from supervisor.console.i18n import words
from supervisor.sheets import service
from supervisor.sheets.models import SheetView
from tests.support.county import County
from tests.support.deciding import DAYS, HEADS, PAST, SLOTS, sign_in, two_weeks
from tests.support.seed import NOW, Seeded, seed


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    return seed(CentreSettings(data_dir=tmp_path_factory.mktemp("centre")))


@pytest.fixture(scope="module")
def inspector(morning: Seeded) -> Caller:
    return sign_in(morning.centre, "inspector", "王督导")[0]


@pytest.fixture(scope="module")
def class_id(morning: Seeded, inspector: Caller) -> UUID:
    return two_weeks(morning, inspector)


@contextmanager
def counted(morning: Seeded) -> Iterator[list[str]]:
    told: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        told.append(statement)

    with morning.centre.uow.read() as session:
        engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    yield told
    event.remove(engine, "before_cursor_execute", note)


def test_a_sheet_has_every_hour_and_what_people_made_of_it(morning: Seeded, inspector: Caller, class_id: UUID) -> None:
    sheet = service.class_sheet(morning.centre, inspector, class_id)
    assert [len(day.hours) for day in sheet.days] == [SLOTS] * DAYS
    assert [one.slot for one in sheet.days[0].hours] == list(range(1, SLOTS + 1))
    told = [one for day in sheet.days for one in day.hours]
    assert sum(one.over for one in told) == PAST * SLOTS
    assert [(one.decided, one.overruled) for one in told if one.decided] == [("fail", False), ("pass", True)]
    assert len(sheet.trainees) == HEADS and all("*" in one.id_number for one in sheet.trainees)
    assert (sheet.trainees[7].rate.attended, sheet.trainees[7].rate.enough) == (24, False)
    assert (sheet.trainees[5].flagged, sheet.trainees[9].totals["late"]) == (48, 12)
    view = present_sheet(sheet, "主管单位 王督导", NOW, words("zh"))
    assert (view.over, view.planned, view.recognised, view.enough) == (48, 80, 41, 27)
    assert {figure.mark.text: figure.count for figure in view.figures} == {
        "建议不认定": 1, "缺录像": 3, "待人工处理": 2, "不认定": 1,
    }  # fmt: skip
    groups = [cell.group for row in view.rows for cell in row.cells if cell]
    assert groups.count("ok") == 41 and groups.count("todo") == 32
    assert view.trainees[0].percent == 50 and not view.trainees[0].fine  # the worst first
    again = service.class_sheet(morning.centre, inspector, class_id)
    assert again.check_code == sheet.check_code


def test_a_sheet_of_a_large_class_asks_no_more_than_that_of_a_small_one(
    morning: Seeded, inspector: Caller, class_id: UUID
) -> None:
    small = morning.places[0].training.id
    with counted(morning) as few:
        service.class_sheet(morning.centre, inspector, small)
    with counted(morning) as many:
        service.class_sheet(morning.centre, inspector, class_id)
    assert len(many) <= len(few) + 2  # names of people who decided
    entry = _entry(morning, inspector, class_id, 7)
    with counted(morning) as one:
        service.trainee_sheet(morning.centre, inspector, class_id, entry)
    assert len(one) < 25


def _entry(morning: Seeded, inspector: Caller, class_id: UUID, at: int) -> UUID:
    return service.class_sheet(morning.centre, inspector, class_id).trainees[at].roster_entry_id


def test_a_trainees_sheet_says_why(morning: Seeded, inspector: Caller, class_id: UUID) -> None:
    entry = _entry(morning, inspector, class_id, 7)
    sheet = service.trainee_sheet(morning.centre, inspector, class_id, entry)
    assert (len(sheet.hours), sheet.still) == (80, 32)
    first, second = sheet.hours[0], sheet.hours[SLOTS]
    assert (first.status, first.attends, first.check_ins[0].method) == ("normal", True, "phone")
    assert (second.status, second.attends, second.check_ins) == ("absent", False, [])


def test_the_register_is_written_and_others_see_nothing(county: County) -> None:
    mine, other = county.schools
    here = f"/classes/{mine.training['id']}"
    entry = mine.training["roster"][0]["id"]
    page = {"accept": "text/html"}
    for _ in range(2):
        assert county.inspector.get(here, headers=page).status_code == 200
    assert county.inspector.get(f"{here}/trainees/{entry}", headers=page).status_code == 200
    taken = county.inspector.get(f"{here}/sheet.xlsx", params={"reason": "complaint"})
    assert taken.status_code == 200 and "filename" in taken.headers["content-disposition"]
    for stranger in (other.teacher, other.inspector):
        for path in (here, f"{here}/trainees/{entry}", f"{here}/sheet.xlsx"):
            assert stranger.get(path, headers=page).status_code == 404
    foreign = other.training["roster"][0]["id"]
    assert county.inspector.get(f"{here}/trainees/{foreign}", headers=page).status_code == 404
    assert county.account("finance", unit="财政局").get(here, headers=page).status_code == 200
    for role in (Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN):
        assert county.account(role).get(here, headers=page).status_code == 403
    with county.centre.uow.read() as session:
        lines = session.scalars(select(SheetView).order_by(SheetView.at, SheetView.what)).all()
        told = sorted((one.what, one.reason, one.roster_entry_id is not None) for one in lines)
    assert told == [
        ("export", "complaint", False), ("sheet", "routine", False), ("sheet", "routine", False),
        ("trainee", "routine", True),
    ]  # fmt: skip
    with pytest.raises(Exception, match="append-only"), county.centre.uow.write() as session:
        session.execute(text("DELETE FROM sheet_view"))


def test_a_commissioned_supervisor_takes_nothing_away() -> None:
    assert Role.THIRD_PARTY in service.READERS and Role.THIRD_PARTY not in service.EXPORTERS


def test_the_spreadsheet_has_the_figures_of_the_sheet(morning: Seeded, inspector: Caller, class_id: UUID) -> None:
    sheet = service.class_sheet(morning.centre, inspector, class_id)
    view = present_sheet(sheet, "主管单位 王督导", NOW, words("zh"))
    book = load_workbook(io.BytesIO(sheet_xlsx(view, words("zh"))))
    hours, people, about = book.worksheets
    rows = [[cell.value for cell in row] for row in hours.iter_rows(min_row=6, max_row=5 + DAYS)]
    groups = dict(view.legend)
    for told, row in zip(rows, view.rows, strict=True):
        cells = [f"{groups.get(one.group, '')} {one.figure}".strip() for one in row.cells if one]
        assert told == [row.title, *cells, row.note or None]
    assert rows[4][3] == "已认定 17/28" and hours.cell(10, 4).border.left.style == "medium"  # overruled
    assert hours["A3"].value.startswith("主管单位 王督导 于 2026-11-23 08:38:20 查看")
    assert sheet.check_code in hours.oddFooter.center.text
    listed = [[cell.value for cell in row][:5] for row in people.iter_rows(min_row=6)]
    assert listed == [[one.number, one.name, one.id_number, f"{one.percent}%", one.attended] for one in view.trainees]
    told = {row[0].value: row[1].value for row in about.iter_rows(min_row=5)}
    assert (told["已上课时"], told["认定课时"], told["缺录像"]) == ("48/80", 41, 3)


def test_what_looks_like_a_formula_stays_text(morning: Seeded, inspector: Caller, class_id: UUID) -> None:
    sheet = service.class_sheet(morning.centre, inspector, class_id).model_copy(update={"name": "=1+1"})
    view = present_sheet(sheet, "x", NOW, words("en"))
    book = load_workbook(io.BytesIO(sheet_xlsx(view, words("en"))))
    kinds = {cell.data_type for page in book.worksheets for row in page.iter_rows() for cell in row}
    assert "f" not in kinds and book.worksheets[0]["A1"].value.startswith("'=1+1")
