"""The handler's work on institutions in a real browser: licence, room, grade, secret mark, catalogue, draw. Each test
has a morning of its own."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from openpyxl import Workbook
from playwright.sync_api import FilePayload, Page, expect
from sqlalchemy import select

from config.clock import CHINA
from config.settings import CentreSettings
from supervisor.audit.models import AuditEvent
from supervisor.callers import Caller
from supervisor.classes.schemas import InstitutionIn
from supervisor.classes.service import create_institution
from supervisor.openings.models import CatalogueEntry, Licence, SiteVerification
from supervisor.sampling.models import CreditRating, SamplePlan
from tests.browser.conftest import NARROW, WIDE, Visit
from tests.browser.test_console_pages import axe_faults, sideways
from tests.browser.test_deciding_pages import as_person
from tests.support.centre_server import serving
from tests.support.county_work import county_work
from tests.support.deciding import sign_in
from tests.support.half_way import XLSX
from tests.support.seed import Seeded, seed

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
Person = tuple[Caller, str]
PNG = b"\x89PNG\r\n\x1a\n of a classroom"


@pytest.fixture
def morning(tmp_path: Path) -> Seeded:
    return seed(CentreSettings(data_dir=tmp_path / "centre"))


@pytest.fixture
def base(morning: Seeded) -> Iterator[str]:
    with serving(morning.centre) as url:
        yield url


@pytest.fixture
def handler(morning: Seeded) -> Person:
    return sign_in(morning.centre, "handler", "陈经办")


@pytest.fixture
def inspector(morning: Seeded) -> Person:
    return sign_in(morning.centre, "inspector", "王督导")


def school_of(morning: Seeded) -> UUID:
    return morning.places[0].training.institution_id


def today_of(morning: Seeded) -> date:
    return morning.clock.now().astimezone(CHINA).date()


def stored(morning: Seeded, table: type) -> list:  # type: ignore[type-arg]
    with morning.centre.uow.read() as session:
        return list(session.scalars(select(table)).all())


def sheet(*rows: tuple[str, ...]) -> FilePayload:
    book, out = Workbook(), io.BytesIO()
    for row in (("代码", "名称", "等级"), *rows):
        book.active.append(list(row))
    book.save(out)
    return FilePayload(name="catalogue.xlsx", mimeType=XLSX, buffer=out.getvalue())


def opened(page: Page, section: str, form: str):  # type: ignore[no-untyped-def]
    card = page.locator(f"section#{section}")
    card.locator("summary", has_text=form).click()
    return card


def test_a_licence_is_entered_by_keyboard_and_a_faulty_form_loses_nothing(
    morning: Seeded, handler: Person, visit: Visits
) -> None:
    one = visit()
    page = as_person(one, handler, "/")
    page.get_by_role("link", name="台账").click()
    page.get_by_role("link", name="机构名录").click()
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("没有登记")
    row.get_by_role("link").click()
    card = page.locator("section#licences")
    card.locator("summary", has_text="登记许可").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("许-2026-001")
    page.keyboard.press("Tab")
    card.get_by_label("机构类型").select_option("private")
    first, last = today_of(morning) - timedelta(days=300), today_of(morning) + timedelta(days=20)
    card.get_by_label("起始日").fill(first.isoformat())
    card.get_by_label("截止日").fill((first - timedelta(days=1)).isoformat())
    card.get_by_label("许可范围").fill("6-31-01-03 5\n4-03-02-01")
    card.get_by_role("button", name="登记许可").press("Enter")
    expect(card.get_by_role("alert")).to_contain_text("第 2 行")
    expect(card.get_by_label("许可证编号")).to_have_value("许-2026-001")
    expect(card.get_by_label("许可范围")).to_have_value("6-31-01-03 5\n4-03-02-01")
    card.get_by_label("许可范围").fill("6-31-01-03 5\n4-03-02-01,4")
    card.get_by_role("button", name="登记许可").press("Enter")
    expect(card.get_by_role("alert")).to_contain_text("截止日不能早于起始日")
    one.complaints.clear()
    card.get_by_label("截止日").fill(last.isoformat())
    card.get_by_role("button", name="登记许可").press("Enter")
    expect(page.locator(".done-note")).to_have_text("许可已登记")
    expect(card.locator("h2 .mark")).to_contain_text(f"有效到 {last}")
    expect(card.locator("tbody tr")).to_contain_text("20 天后到期")
    (held,) = stored(morning, Licence)
    assert held.scope == [
        {"occupation": "6-31-01-03", "level": "5"}, {"occupation": "4-03-02-01", "level": "4"},
    ]  # fmt: skip


def test_a_room_is_verified_with_photos_kept_as_digests(
    morning: Seeded, handler: Person, visit: Visits, tmp_path: Path
) -> None:
    wrong, right = tmp_path / "room.txt", tmp_path / "room.png"
    wrong.write_bytes(b"no picture")
    right.write_bytes(PNG)
    page = as_person(visit(), handler, f"/institutions/{school_of(morning)}")
    card = opened(page, "rooms", "登记实地核实")
    card.get_by_label("在哪间教室").select_option(index=1)
    card.get_by_label("核定人数").fill("40")
    card.get_by_label("符合条件", exact=True).check()
    card.get_by_label("核实人员").fill("检查员00\n检查员00")
    card.locator("[name=photos]").set_input_files(right)
    card.get_by_role("button", name="登记实地核实").click()
    expect(page.locator("#verification-fault")).to_contain_text("两名以上不同的人员")
    expect(card.get_by_label("核定人数")).to_have_value("40")
    assert page.evaluate("document.querySelector('[name=photos]').files.length") == 1
    card.get_by_label("核实人员").fill("检查员00\n检查员01")
    card.locator("[name=photos]").set_input_files(wrong)
    card.get_by_role("button", name="登记实地核实").click()
    expect(page.locator("#verification-fault")).to_contain_text("只收 PDF、JPEG、PNG")
    card.locator("[name=photos]").set_input_files(right)
    card.get_by_role("button", name="登记实地核实").click()
    expect(page.locator(".done-note")).to_have_text("实地核实已登记")
    expect(card.locator("tbody tr")).to_contain_text("检查员00、检查员01")
    expect(card.locator("h2 .mark")).to_contain_text("1 / ")
    (row,) = stored(morning, SiteVerification)
    assert (row.capacity, row.passed, [len(one) for one in row.photos]) == (40, True, [64])


def test_a_grade_and_the_secret_mark(morning: Seeded, handler: Person, inspector: Person, visit: Visits) -> None:
    path = f"/institutions/{school_of(morning)}"
    page = as_person(visit(), handler, path)
    card = opened(page, "credit", "登记信用等级")
    card.get_by_label("C", exact=True).check()
    card.get_by_label("评定依据").fill("2025 年度评价")
    card.get_by_role("button", name="登记信用等级").click()
    expect(card.locator("h2 .mark")).to_contain_text("C 级")
    expect(card.locator(".quote")).to_have_text("2025 年度评价")
    assert [one.grade for one in stored(morning, CreditRating)] == ["C"]
    reading = as_person(visit(), inspector, path)
    expect(reading.locator("section#credit h2 .mark")).to_contain_text("C 级")
    expect(reading.locator("main form")).to_have_count(0)
    card = opened(page, "secret", "标为涉密单位")
    card.get_by_role("button", name="标为涉密单位").click()
    expect(page.locator(".page-head .mark")).to_have_count(0)  # the browser asks for the tick first
    card.get_by_label("我已核对,确定标记").check()
    card.get_by_role("button", name="标为涉密单位").click()
    expect(page.locator(".page-head .mark")).to_contain_text("涉密单位")
    expect(page.locator("section#rooms form")).to_have_count(0)
    card = opened(page, "secret", "登记汇总人数")
    card.get_by_label("起始日").fill("2026-01-01")
    card.get_by_label("截止日").fill("2026-06-30")
    card.get_by_label("汇总人数").fill("12")
    card.get_by_role("button", name="登记汇总人数").click()
    expect(card.locator("tbody .num")).to_have_text("12")
    alarms = [one for one in stored(morning, AuditEvent) if one.action == "institution_marked_secret"]
    assert [one.alarm for one in alarms] == [True]


def test_a_catalogue_is_published_from_a_file(morning: Seeded, handler: Person, visit: Visits) -> None:
    one = visit()
    page = as_person(one, handler, "/institutions")
    page.get_by_role("link", name="培训目录").click()
    form = page.locator("#publish")
    blank = page.request.get(page.url + "/blank.xlsx")
    assert blank.headers["content-type"] == XLSX
    form.locator("[name=kind]").select_option("occupation")
    form.get_by_label("版本").fill("2026-1")
    form.get_by_label("起始日").fill("2026-01-01")
    form.get_by_label("文件").set_input_files(sheet(("6-31-01-03", "电工", ""), ("6-31-01-03", "电工", "5")))
    form.get_by_role("button", name="公布").click()
    fault = page.locator(".cells tbody tr")
    expect(fault).to_have_count(1)
    expect(fault).to_contain_text("C2")
    expect(form.get_by_label("版本")).to_have_value("2026-1")
    expect(form.get_by_label("起始日")).to_have_value("2026-01-01")
    one.complaints.clear()
    assert stored(morning, CatalogueEntry) == []
    form.get_by_label("文件").set_input_files(sheet(("6-31-01-03", "电工", "5"), ("4-03-02-01", "中式烹调师", "4")))
    form.get_by_role("button", name="公布").click()
    expect(page.locator(".done-note")).to_have_text("目录已公布")
    row = page.locator("tbody tr")
    expect(row).to_contain_text("在用")
    row.get_by_role("link", name="2026-1").click()
    page.get_by_label("代码或名称").fill("电工")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("五级 / 初级工")


def test_classes_and_inspectors_are_drawn_and_the_draw_repeats(
    morning: Seeded, handler: Person, inspector: Person, visit: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = visit()
    page = as_person(one, handler, "/sampling-plans")
    form = page.locator("#draw")
    day = today_of(morning)
    form.get_by_label("起始日").fill(day.isoformat())
    form.get_by_label("截止日").fill((day - timedelta(days=1)).isoformat())
    form.get_by_role("button", name="抽取班级和检查人员").click()
    expect(page.get_by_role("alert")).to_contain_text("截止日不能早于起始日")
    expect(form.get_by_label("起始日")).to_have_value(day.isoformat())
    one.complaints.clear()
    second, _ = sign_in(morning.centre, "inspector", "赵督导")
    for _ in range(2):
        page.goto(page.url.split("#")[0])
        form.get_by_label("起始日").fill(day.isoformat())
        form.get_by_label("截止日").fill(day.isoformat())
        form.get_by_role("button", name="抽取班级和检查人员").click()
        expect(page.locator("#again-head .mark")).to_have_text("结果相同")
        address = page.url
        page.goto(address.rsplit("/", 1)[0])
        morning.clock.step(60)
    _, last = sorted(stored(morning, SamplePlan), key=lambda plan: plan.at)
    expect(page.locator("tbody tr")).to_have_count(2)
    page.goto(address)
    expect(page.get_by_text(last.seed)).to_be_visible()
    expect(page.locator("section[aria-labelledby=others-head] li")).to_have_count(1)
    assert second.account_id != inspector[0].account_id
    drawn = as_person(visit(), inspector, address[address.index("/sampling-plans") :])
    row = drawn.locator("section[aria-labelledby=drawn-head] tbody tr").first
    expect(row).to_contain_text("还没有检查")
    row.get_by_role("link", name="记一次检查").click()
    expect(drawn.locator("[name=plan_id]")).to_have_value(str(last.id))
    drawn.go_back()
    monkeypatch.setattr("supervisor.sampling.service.verify", lambda plan: False)  # as if the record had been changed
    drawn.reload()
    expect(drawn.locator("#again-head .mark")).to_have_text("结果不同")


def test_what_is_not_in_the_scope_is_not_there(morning: Seeded, visit: Visits) -> None:
    admin = morning.admin
    other = create_institution(morning.centre, admin, InstitutionIn(name="另一所学校", area="990000")).id
    stranger = sign_in(morning.centre, "inspector", "李督导", other)
    one = visit()
    page = as_person(one, stranger, "/institutions")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("另一所学校")
    answer = page.goto(page.url + f"/{school_of(morning)}")
    assert answer is not None and answer.status == 404
    one.complaints.clear()


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_institution_pages_are_accessible(morning: Seeded, visit: Visits, language: str, size: tuple[int, int]) -> None:
    work = county_work(morning)
    page = as_person(visit(size), (work.handler, work.token), "/institutions", language)
    base = page.url.split("/institutions")[0]
    paths = (
        "/institutions", f"/institutions/{work.institution}", f"/institutions/{work.secret}", "/catalogues",
        f"/catalogues/lines?kind=occupation&version={work.version}", "/sampling-plans", f"/sampling-plans/{work.plan}",
    )  # fmt: skip
    for path in paths:
        page.goto(base + path)
        for summary in page.locator("main summary").all():
            summary.click()
        assert (axe_faults(page), sideways(page)) == ([], 0), path
    if size == WIDE:
        for person in ((work.handler, work.token), sign_in(morning.centre, "inspector", "王督导")):
            page = as_person(visit(size), person, "/institutions", language)
            menu = page.locator(".nav").bounding_box()
            assert menu is not None and menu["height"] < 70, "the menu is in one line"
