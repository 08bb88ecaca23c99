"""A class is opened through the pages alone, with real files."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import FilePayload, Page, expect

from supervisor.callers import Caller
from tests.browser.conftest import NARROW, WIDE, Visit
from tests.browser.test_console_pages import axe_faults, sideways
from tests.browser.test_deciding_pages import as_person
from tests.support.deciding import sign_in
from tests.support.half_way import DAY, XLSX, timetable_rows
from tests.support.opening import plan_file
from tests.support.seed import Seeded, person

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
Person = tuple[Caller, str]
PNG = b"\x89PNG\r\n\x1a\n of a signed sheet"
HEADS = 3


@pytest.fixture
def responsible(morning: Seeded) -> Person:
    return sign_in(morning.centre, "responsible", "周校长", morning.places[0].training.institution_id)


def file_of(name: str, data: bytes, kind: str = XLSX) -> FilePayload:
    return FilePayload(name=name, mimeType=kind, buffer=data)


def roster_file(rows: Sequence[Sequence[str]]) -> FilePayload:
    book = Workbook()
    for row in [["序号", "姓名", "身份证号", "性别", "联系电话"], *rows]:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return file_of("花名册.xlsx", out.getvalue())


def roster_rows() -> list[list[str]]:
    people = [person(300 + at) for at in range(HEADS)]
    return [[str(at), name, number, "女", f"1380000000{at}"] for at, (name, number) in enumerate(people, start=1)]


def section(page: Page, key: str):  # type: ignore[no-untyped-def]
    return page.locator(f"section#{key}")


def drafted(page: Page, class_no: str = "2026-1221-01") -> None:
    """From the list of classes to the empty application."""
    page.get_by_role("link", name="新建班级").click()
    page.locator("[name=name]").fill("电工五级 冬季班")
    page.locator("[name=class_no]").fill(class_no)
    page.locator("[name=opening_day]").fill(DAY.isoformat())
    page.locator("[name=profile]").select_option("000000-demo.3")
    page.get_by_role("button", name="建立草稿").click()
    page.wait_for_url("**/opening")


def basics_filled(page: Page) -> None:
    part = section(page, "basics")
    part.locator("[name=kind]").select_option("PROJECT")
    part.get_by_label("职业(工种)名称").fill("电工")
    part.get_by_label("职业(工种)代码").fill("6-31-01-03")
    part.get_by_label("培训等级").fill("5")
    part.get_by_label("理论学时").fill("2")
    part.get_by_label("实操学时").fill("2")
    part.get_by_role("button", name="保存").click()
    expect(section(page, "basics").get_by_role("status")).to_have_text("已保存")


def committed(page: Page) -> None:
    """The institution's commitment and every trainee's, each with the file of its text."""
    part = section(page, "commitments")
    part.get_by_label("告知书文本的文件").set_input_files(file_of("告知书.txt", "告知书".encode(), "text/plain"))
    part.locator("#notice-form [name=text_version]").fill("2026-1")
    part.get_by_role("button", name="代表机构作出承诺").click()
    expect(part).to_contain_text("已承诺 · 文本 2026-1")
    part.get_by_label("全选").check()
    part.get_by_label("照片或扫描件").set_input_files(file_of("签名.png", PNG, "image/png"))
    part.get_by_label("承诺书文本的文件").set_input_files(file_of("承诺书.txt", "承诺书".encode(), "text/plain"))
    part.locator("[name=text_version]").fill("2026-2")
    part.get_by_role("button", name="登记承诺书").click()
    expect(part).to_contain_text(f"已登记 {HEADS} 人,还差 0 人")


def signed_and_submitted(page: Page) -> None:
    section(page, "signature").get_by_role("button", name="签署当前内容").click()
    expect(section(page, "signature")).to_contain_text("周校长 于")
    page.get_by_role("button", name="提交开班申请").click()
    expect(page.locator(".page-head .mark")).to_have_text("等待审批")


def test_a_responsible_person_opens_a_class_through_the_pages_alone(
    morning: Seeded, responsible: Person, visit: Visits
) -> None:
    page = as_person(visit(), responsible, "/classes")
    drafted(page)
    opening = page.url
    expect(page.locator(".checklist .mark.bad")).to_have_count(7)
    expect(page.get_by_role("button", name="提交开班申请")).to_be_disabled()
    expect(section(page, "plan")).to_contain_text("OPEN_MISSING_PLAN")

    wrong = roster_rows()
    wrong[1][2], wrong[2][3] = wrong[1][2][:-1], "不详"
    part = section(page, "roster")
    part.get_by_label("花名册文件").set_input_files(roster_file(wrong))
    part.get_by_role("button", name="导入").click()
    cells = part.locator(".cells tbody tr")
    expect(cells).to_have_count(2)
    expect(cells.nth(0)).to_contain_text("C3")
    expect(cells.nth(0)).to_contain_text("个人信息,不显示")
    expect(cells.nth(1)).to_contain_text("性别须为男或女")
    expect(cells.nth(1).locator("q")).to_have_text("不详")
    assert wrong[0][2] not in page.content()
    part.get_by_label("花名册文件").set_input_files(roster_file(roster_rows()))
    part.get_by_role("button", name="只检查").click()
    expect(part.locator(".looked")).to_contain_text(f"文件没有错误:{HEADS} 人")
    expect(part.locator(".looked")).to_contain_text("序号")
    expect(part.locator(".roster-table")).to_have_count(0)
    part.get_by_role("button", name="导入").click()
    expect(part.locator(".roster-table tbody tr")).to_have_count(HEADS)
    first = part.locator(".roster-table tbody tr").first
    expect(first).to_contain_text("A-24")
    first.locator("summary").click()
    expect(first).to_contain_text("RC04")
    expect(first).to_contain_text("未比对")
    assert roster_rows()[0][2] not in page.content()

    basics_filled(page)
    rows = timetable_rows()
    rows[1][2], rows[1][5] = "两", "教室Z"
    part = section(page, "plan")
    part.get_by_label("课程表文件").set_input_files(file_of("课程表.xlsx", plan_file(rows)))
    part.get_by_role("button", name="导入").click()
    cells = part.locator(".cells tbody tr")
    expect(cells).to_have_count(2)
    for cell, text in zip((cells.nth(0), cells.nth(1)), ("C3 课时 两 应为 1 至 24 的整数", "F3 教室Z"), strict=True):
        for piece in text.split(" ", 3):
            expect(cell).to_contain_text(piece)
    expect(part.locator(".plan-table")).to_have_count(0)
    part.get_by_label("课程表文件").set_input_files(file_of("课程表.xlsx", plan_file(timetable_rows())))
    part.get_by_role("button", name="导入").click()
    expect(part.locator(".plan-table tbody tr")).to_have_count(2)
    expect(section(page, "teachers")).to_contain_text("身份证号已登记")

    part = section(page, "resources")
    part.get_by_label("教材").fill("电工基础\n安全用电(数字课程)")
    part.get_by_role("button", name="保存").click()
    part = section(page, "assessment")
    part.get_by_label("考核方式").fill("笔试")
    part.get_by_label("考核日期").fill("2026-12-30")
    part.get_by_label("合格分数").fill("60")
    part.locator("[name=body]").select_option("own")
    part.get_by_role("button", name="保存").click()
    expect(section(page, "resources").locator("textarea")).to_have_value("电工基础\n安全用电(数字课程)")
    committed(page)
    signed_and_submitted(page)

    morning.clock.step(60)
    handler = sign_in(morning.centre, "handler", "陈经办")
    county = as_person(visit(), handler, "/todo")
    county.get_by_role("link", name="电工五级 冬季班 · 2026-1221-01").click()
    form = county.locator("#opening form.review").first
    form.locator("select").select_option("plan")
    form.get_by_label("理由").fill("实操学时太少")
    form.get_by_role("button", name="退回补正").click()
    county.wait_for_url("**/todo?done=1")

    morning.clock.step(60)
    page.goto(opening.split("/classes")[0] + "/todo")
    page.get_by_role("link", name="电工五级 冬季班 · 2026-1221-01").click()
    page.wait_for_url("**/opening")
    back = page.locator(".came-back li")
    expect(back).to_contain_text("实操学时太少")
    expect(back).to_contain_text("还没有改")
    rows = timetable_rows()
    rows[1][2], rows[1][4] = "3", "10:10"
    part = section(page, "plan")
    part.get_by_label("课程表文件").set_input_files(file_of("课程表.xlsx", plan_file(rows)))
    part.get_by_role("button", name="导入").click()
    expect(part).to_contain_text("OPEN_MISSING_PLAN")  # three hours are planned, two declared
    section(page, "basics").get_by_label("实操学时").fill("3")
    section(page, "basics").get_by_role("button", name="保存").click()
    expect(page.locator(".came-back li")).to_contain_text("内容已改过")
    expect(section(page, "signature").locator("h2")).to_contain_text("未签署当前内容")
    signed_and_submitted(page)

    approver = sign_in(morning.centre, "approver", "何审批")
    county = as_person(visit(), approver, "/todo")
    county.get_by_role("link", name="电工五级 冬季班 · 2026-1221-01").click()
    for element in ("roster", "plan", "teachers", "resources", "assessment"):
        form = county.locator("#opening form.review").first
        form.locator("select").select_option(element)
        form.get_by_role("button", name="属实", exact=True).click()
        county.wait_for_url(f"**reviewed={element}**")
    county.get_by_role("button", name="批准开班").click()
    county.wait_for_url("**/todo?done=1")
    page.reload()
    expect(page.locator(".page-head .mark")).to_have_text("已批准")
    expect(section(page, "basics").get_by_label("理论学时")).to_be_disabled()


def test_what_was_typed_stays_and_a_class_is_made_once(responsible: Person, visit: Visits) -> None:
    one = visit()
    page = as_person(one, responsible, "/classes")
    drafted(page)
    opening = page.url
    page.goto(opening.split("/classes")[0] + "/classes")
    drafted(page)  # the same form sent again
    assert page.url == opening
    page.goto(opening.split("/classes")[0] + "/classes/new")
    page.locator("[name=name]").fill("另一个班")
    page.locator("[name=class_no]").fill("2026-1221-01")
    page.get_by_role("button", name="建立草稿").click()
    expect(page.get_by_role("alert")).to_have_text("班号已被使用")
    expect(page.locator("[name=name]")).to_have_value("另一个班")
    page.goto(opening)
    part = section(page, "basics")
    part.locator("[name=kind]").select_option("PROJECT")
    part.get_by_label("职业(工种)名称").fill("电工")
    part.get_by_label("理论学时").fill("2")
    part.get_by_label("实操学时").fill("2")
    part.get_by_role("button", name="保存").click()
    expect(section(page, "basics").get_by_role("alert")).to_contain_text("「职业(工种)代码」没有填或填得不对")
    expect(section(page, "basics").get_by_label("职业(工种)名称")).to_have_value("电工")
    assert all("409" in said or "422" in said for said in one.complaints)  # the browser's own, about the answers
    one.complaints.clear()
    page.get_by_text("撤回申请").click()
    page.locator("[name=why]").fill("不办了")
    page.get_by_role("button", name="确认撤回").click()
    expect(page.locator(".page-head .mark")).to_have_text("已撤回")


def test_the_empty_tables_are_read_once_they_are_filled_in(responsible: Person, visit: Visits) -> None:
    page = as_person(visit(), responsible, "/classes")
    drafted(page)
    for key, rows in (("roster", [row[1:3] for row in roster_rows()]), ("plan", timetable_rows())):
        part = section(page, key)
        with page.expect_download() as started:
            part.get_by_role("link", name="下载空表").click()
        book = load_workbook(io.BytesIO(started.value.path().read_bytes()))
        for at, row in enumerate(rows, start=2):
            for column, text in enumerate(row, start=1):
                book.worksheets[0].cell(at, column, text)
        out = io.BytesIO()
        book.save(out)
        part.locator("input[type=file]").set_input_files(file_of(f"{key}.xlsx", out.getvalue()))
        part.get_by_role("button", name="导入").click()
        expect(section(page, key).locator("tbody tr")).to_have_count(len(rows))


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_opening_pages_are_accessible(
    morning: Seeded, responsible: Person, visit: Visits, language: str, size: tuple[int, int]
) -> None:
    page = as_person(visit(size), responsible, "/classes")
    drafted(page)
    for key, good in (("roster", roster_file(roster_rows())), ("plan", file_of("p.xlsx", plan_file(timetable_rows())))):
        section(page, key).locator("input[type=file]").set_input_files(good)
        section(page, key).get_by_role("button", name="导入").click()
        expect(section(page, key).locator("tbody tr").first).to_be_visible()
    page.context.add_cookies([{"name": "language", "value": language, "url": page.url.split("/classes")[0]}])
    page.reload()
    rows = timetable_rows()
    rows[0][0] = "没定"
    section(page, "plan").locator("input[type=file]").set_input_files(file_of("p.xlsx", plan_file(rows)))
    section(page, "plan").locator("button.button").click()
    expect(section(page, "plan").locator(".cells")).to_be_visible()
    assert (axe_faults(page), sideways(page)) == ([], 0)
    page.goto(page.url.split("/classes")[0] + "/classes/new")
    assert (axe_faults(page), sideways(page)) == ([], 0)
