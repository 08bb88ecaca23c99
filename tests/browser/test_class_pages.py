"""Classes in a real browser: the list, the sheet on screen and on paper, one trainee."""

from __future__ import annotations

import io
from collections.abc import Callable
from uuid import UUID

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from supervisor.callers import Caller
from tests.browser.conftest import NARROW, WIDE, Visit
from tests.browser.test_console_pages import axe_faults, sideways
from tests.browser.test_deciding_pages import as_person
from tests.support.deciding import DAYS, HEADS, sign_in, two_weeks
from tests.support.seed import Seeded

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]


@pytest.fixture(scope="module")
def inspector(morning: Seeded) -> tuple[Caller, str]:
    return sign_in(morning.centre, "inspector", "王督导")


@pytest.fixture(scope="module")
def class_id(morning: Seeded, inspector: tuple[Caller, str]) -> UUID:
    return two_weeks(morning, inspector[0])


def test_classes_are_found_by_name_and_by_state(inspector: tuple[Caller, str], class_id: UUID, visit: Visits) -> None:
    page = as_person(visit(), inspector, "/classes")
    expect(page.locator("tbody tr")).to_have_count(5)
    page.get_by_role("link", name="进行中").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("48/80")
    page.goto(page.url.split("?")[0])
    page.get_by_role("searchbox").fill("26-112")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("searchbox").fill("%")  # a sign of its own, not a wildcard
    page.keyboard.press("Enter")
    expect(page.get_by_text("没有符合条件的班级")).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_class_pages_are_accessible(
    inspector: tuple[Caller, str], class_id: UUID, visit: Visits, language: str, size: tuple[int, int]
) -> None:
    page = as_person(visit(size), inspector, "/classes", language)
    assert (axe_faults(page), sideways(page)) == ([], 0)
    base = page.url.split("/classes")[0]
    page.goto(f"{base}/classes/{class_id}")
    assert (axe_faults(page), sideways(page)) == ([], 0)
    page.goto(base + str(page.locator(".people-table a").first.get_attribute("href")))
    assert (axe_faults(page), sideways(page)) == ([], 0)


def test_the_matrix_tells_what_people_did_and_leads_to_the_recording(
    inspector: tuple[Caller, str], class_id: UUID, visit: Visits
) -> None:
    page = as_person(visit(), inspector, f"/classes/{class_id}")
    rows = page.locator(".matrix tbody tr")
    expect(rows).to_have_count(DAYS)
    expect(page.locator(".matrix .overruled")).to_have_count(1)
    expect(rows.nth(4).locator("td").nth(2)).to_contain_text("17/28")
    gap = rows.nth(1).locator("td").nth(5).locator(".cell")
    expect(gap).to_have_class("cell none")
    expect(gap).to_have_text("断录")
    label = str(rows.nth(4).locator("a").nth(2).get_attribute("aria-label"))
    assert "人工改判" in label and "第 3 课时" in label
    frame = page.evaluate("getComputedStyle(document.querySelector('.matrix .overruled')).borderTopColor")
    assert frame == "rgb(0, 0, 0)"
    expect(page.locator(".people-table tbody tr")).to_have_count(HEADS)
    page.get_by_label("只看有问题的").check()
    expect(page.locator(".people-table tbody tr:visible")).to_have_count(4)
    rows.nth(4).locator("a").nth(2).click()
    page.wait_for_url("**/lessons/*")
    expect(page.locator("#life")).to_contain_text("已看手机录像,人数相符")


def test_on_paper_there_is_no_chrome_and_every_page_says_who_printed_it(
    inspector: tuple[Caller, str], class_id: UUID, visit: Visits
) -> None:
    page = as_person(visit(), inspector, f"/classes/{class_id}")
    page.emulate_media(media="print")
    for gone in (".nav", ".tools", ".banner"):
        expect(page.locator(gone)).to_be_hidden()
    expect(page.locator(".matrix")).to_be_visible()
    foot = page.evaluate(
        "[...document.styleSheets].flatMap(s => [...s.cssRules]).filter(r => r.cssText.includes('bottom-center'))"
        ".map(r => r.cssText).join(' ')"
    )
    assert "王督导" in foot and "counter(pages)" in foot
    assert page.pdf(prefer_css_page_size=True, print_background=True).startswith(b"%PDF-")


def test_the_spreadsheet_opens_with_the_page_s_figures(
    inspector: tuple[Caller, str], class_id: UUID, visit: Visits
) -> None:
    page = as_person(visit(), inspector, f"/classes/{class_id}", "en")
    page.get_by_label("Reason of the export").first.select_option("complaint")  # none is preset
    with page.expect_download() as started:
        page.get_by_role("button", name="Export Excel").click()
    book = load_workbook(io.BytesIO(started.value.path().read_bytes()))
    code = page.locator(".sign-off b").inner_text()
    assert code in str(book.worksheets[0]["A3"].value)
    shown = [one.split()[-1] for one in page.locator(".matrix tbody tr").nth(4).locator("td .cell").all_inner_texts()]
    row = [str(cell.value).split()[-1] for cell in book.worksheets[0][10][1:9]]
    assert row == shown
    assert book.worksheets[1].max_row == 5 + HEADS


def test_a_trainee_s_hours_have_their_reasons(inspector: tuple[Caller, str], class_id: UUID, visit: Visits) -> None:
    page = as_person(visit(), inspector, f"/classes/{class_id}")
    page.get_by_role("link", name="8 王*").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("8 王*")
    expect(page.locator(".big-figure")).to_contain_text("50%")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(48)
    expect(rows.first).to_contain_text("签到 07:55 手机")
    expect(rows.nth(8)).to_contain_text("没有签到")
    expect(rows.nth(8)).to_contain_text("不计出勤")
