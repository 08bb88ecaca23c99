"""The roster's page and the request for an exemption in a real browser: a block is lifted, somebody joins late, an
institution asks and is answered. Each test has a morning of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from config.settings import CentreSettings
from supervisor.callers import Caller
from supervisor.classes.models import Institution
from supervisor.openings.schemas import OpeningIn
from supervisor.openings.service import declare
from tests.browser.conftest import NARROW, WIDE, Visit
from tests.browser.test_console_pages import axe_faults, sideways
from tests.browser.test_deciding_pages import as_person
from tests.support.blocked_class import HEADS, blocked_class
from tests.support.centre_server import serving
from tests.support.deciding import sign_in
from tests.support.half_way import half_way
from tests.support.opening import declaration
from tests.support.seed import Seeded, id_number, seed

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
Person = tuple[Caller, str]
PDF = FilePayload(name="核实.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7 what was verified")
TEXT = FilePayload(name="核实.txt", mimeType="text/plain", buffer=b"words")


@pytest.fixture
def morning(tmp_path: Path) -> Seeded:
    return seed(CentreSettings(data_dir=tmp_path / "centre"))


@pytest.fixture
def base(morning: Seeded) -> Iterator[str]:
    with serving(morning.centre) as url:
        yield url


@pytest.fixture
def responsible(morning: Seeded) -> Person:
    return sign_in(morning.centre, "responsible", "周校长", morning.places[0].training.institution_id)


@pytest.fixture
def handler(morning: Seeded) -> Person:
    return sign_in(morning.centre, "handler", "陈经办")


@pytest.fixture
def approver(morning: Seeded) -> Person:
    return sign_in(morning.centre, "approver", "何审批")


@pytest.fixture
def coming(morning: Seeded, responsible: Person, handler: Person) -> UUID:
    return blocked_class(morning, responsible[0], handler[0])


def blocked(page: Page) -> Locator:
    """The first person's row, and in it the check of the list of pensioners."""
    return page.locator(".roster-table tbody tr").first.locator("li", has_text="RC05")


def test_a_handler_finds_what_blocks_and_lifts_it(
    coming: UUID, handler: Person, responsible: Person, visit: Visits
) -> None:
    one = visit()
    page = as_person(one, handler, f"/classes/{coming}")
    page.get_by_role("link", name="花名册比对").click()
    expect(page.locator(".roster-table tbody tr")).to_have_count(HEADS)
    first = page.locator(".roster-table tbody tr").first
    expect(first).to_contain_text("RC05")
    expect(first).to_contain_text("县社保中心 · 2026-11-01")
    first.get_by_text("其余").click()
    expect(first).to_contain_text("未比对")
    page.get_by_role("link", name="只看未解除的拦截").click()
    expect(page.locator(".roster-table tbody tr")).to_have_count(2)
    blocked(page).get_by_text("解除这项拦截").click()
    form = blocked(page).locator("form")
    form.get_by_label("理由").fill("已到社保中心核实,是同名的人")
    form.get_by_label("附件").set_input_files(TEXT)
    form.get_by_role("button", name="解除").click()
    expect(form.get_by_role("alert")).to_have_text("只收 PDF、JPEG、PNG 文件")
    expect(form.get_by_label("理由")).to_have_value("已到社保中心核实,是同名的人")
    form.get_by_label("附件").set_input_files(PDF)
    form.get_by_role("button", name="解除").click()
    expect(page.locator(".done-note")).to_contain_text("已解除")
    lifted = blocked(page).locator(".lifted")
    expect(lifted).to_contain_text("陈经办 于")
    expect(lifted).to_contain_text("是同名的人")
    expect(blocked(page).locator(".mark")).to_have_text("拦截,已解除")
    with page.expect_download() as started:
        lifted.get_by_role("link", name="附件").click()
    assert started.value.path().read_bytes() == PDF["buffer"]
    page.get_by_role("link", name="只看未解除的拦截").click()
    expect(page.locator(".roster-table tbody tr")).to_have_count(1)
    page.get_by_role("button", name="重新比对").click()
    expect(page.locator(".done-note")).to_contain_text("已重新比对")
    expect(blocked(page).locator(".lifted")).to_be_visible()

    school = as_person(visit(), responsible, f"/classes/{coming}/roster")
    expect(school.locator(".lifted")).to_contain_text("主管单位于")
    expect(blocked(school)).not_to_contain_text("县社保中心")
    assert "同名" not in school.content()
    expect(school.locator("main").get_by_role("button")).to_have_count(0)


def test_somebody_joins_late_by_keyboard_and_a_faulty_form_keeps_what_was_typed(
    morning: Seeded, coming: UUID, handler: Person, visit: Visits
) -> None:
    one = visit()
    page = as_person(one, handler, f"/classes/{coming}/roster")
    form = page.locator("#join form")
    form.get_by_label("姓名").focus()
    page.keyboard.type("学员90")
    page.keyboard.press("Tab")
    page.keyboard.type(id_number(690)[:-1])
    page.keyboard.press("Enter")
    expect(page.locator("#join").get_by_role("alert")).to_be_visible()
    expect(form.get_by_label("姓名")).to_have_value("学员90")
    expect(form.get_by_label("身份证号")).to_have_value(id_number(690)[:-1])
    form.get_by_label("身份证号").fill(id_number(690))
    page.keyboard.press("Enter")
    expect(page.locator(".done-note")).to_contain_text("已加入花名册")
    expect(page.locator(".roster-table tbody tr")).to_have_count(HEADS + 1)
    assert "#row-" in page.url
    assert all("422" in said for said in one.complaints)
    one.complaints.clear()
    begun = as_person(one, handler, f"/classes/{morning.places[0].training.id}/roster")
    begun.locator("#join").get_by_label("姓名").fill("学员91")
    begun.locator("#join").get_by_label("身份证号").fill(id_number(691))
    begun.get_by_role("button", name="加入花名册").click()
    expect(begun.locator("#join").get_by_role("alert")).to_have_text("课程进度已超过可以增员的时间")
    one.complaints.clear()


def test_a_block_is_lifted_without_a_script_and_nothing_typed_is_lost(
    coming: UUID, handler: Person, visit: Visits
) -> None:
    one = visit(java_script_enabled=False)
    page = as_person(one, handler, f"/classes/{coming}/roster")
    blocked(page).get_by_text("解除这项拦截").click()
    form = blocked(page).locator("form")
    form.get_by_label("理由").fill("已核实")
    form.get_by_label("附件").set_input_files(TEXT)
    form.get_by_role("button", name="解除").click()
    form = blocked(page).locator("form")
    expect(form.get_by_role("alert")).to_have_text("只收 PDF、JPEG、PNG 文件")
    expect(form.get_by_label("理由")).to_have_value("已核实")
    form.get_by_label("附件").set_input_files(PDF)
    form.get_by_role("button", name="解除").click()
    expect(blocked(page).locator(".lifted")).to_contain_text("已核实")
    one.complaints.clear()


def asked(page: Page, kind: str, basis: str) -> None:
    card = page.locator("#exemptions")
    card.locator("summary", has_text="申请免除").click()
    card.get_by_text(kind).click()
    card.get_by_label("依据").fill(basis)
    card.get_by_label("用到哪一天").fill("2026-12-31")
    card.get_by_label("证明材料").set_input_files(TEXT)
    card.get_by_role("button", name="提出申请").click()
    expect(card.locator("#exempt-fault")).to_have_text("只收 PDF、JPEG、PNG 文件")
    expect(card.get_by_label("依据")).to_have_value(basis)
    card.get_by_label("证明材料").set_input_files(PDF)
    card.get_by_role("button", name="提出申请").click()
    expect(card.locator("#exemption-requests li", has_text=basis)).to_be_visible()


def test_an_institution_asks_for_an_exemption_and_reads_the_answer(
    coming: UUID, responsible: Person, approver: Person, visit: Visits
) -> None:
    one = visit()
    page = as_person(one, responsible, f"/classes/{coming}")
    asked(page, "企业培训本企业在岗职工", "本企业在岗职工名册")
    asked(page, "涉密单位的培训", "保密协议")
    expect(page.locator("#exemption-requests .mark")).to_have_text(["等待审批", "等待审批"])
    county = as_person(visit(), approver, "/todo")
    expect(county.locator(".todo-item")).to_have_count(2)
    county.locator(".todo-item", has_text="本企业在岗职工名册").get_by_role("link").first.click()
    county.wait_for_url("**#exemptions")
    line = county.locator("#exemption-requests li", has_text="保密协议")
    line.get_by_role("button", name="不同意").click()
    expect(county.locator("#exempt-fault")).to_have_text("不同意须写明理由")
    line.get_by_label("理由").fill("不在涉密名录")
    line.get_by_role("button", name="不同意").click()
    expect(county.locator("#exemption-requests li", has_text="保密协议").locator(".mark")).to_have_text("未同意")
    line = county.locator("#exemption-requests li", has_text="本企业在岗职工名册")
    line.get_by_role("button", name="同意免除").click()
    expect(county.locator("#exemptions")).to_contain_text("应机构申请")
    page.reload()
    lines = page.locator("#exemption-requests li")
    expect(lines.filter(has_text="保密协议")).to_contain_text("答复:不在涉密名录")
    expect(lines.filter(has_text="本企业在岗职工名册").locator(".mark")).to_have_text("已同意")
    county.goto(county.url.split("/classes")[0] + "/todo")
    expect(county.locator(".todo-item")).to_have_count(0)


def test_a_draft_to_sign_leads_from_the_list_to_the_signature(
    morning: Seeded, responsible: Person, visit: Visits
) -> None:
    class_id = half_way(morning.centre, responsible[0])
    page = as_person(visit(), responsible, "/todo")
    expect(page.locator(".todo-item", has_text="待签署")).to_have_count(0)
    declare(morning.centre, responsible[0], class_id, OpeningIn(**declaration(2, 2)))
    page.reload()
    page.locator(".todo-item", has_text="待签署").get_by_role("link").first.click()
    page.wait_for_url("**/opening#signature")
    page.get_by_role("button", name="签署当前内容").click()
    expect(page.locator("#signature")).to_contain_text("周校长 于")
    page.goto(page.url.split("/classes")[0] + "/todo")
    expect(page.locator(".todo-item", has_text="待签署")).to_have_count(0)


def test_another_institution_finds_no_such_page(morning: Seeded, coming: UUID, visit: Visits) -> None:
    other = sign_in(morning.centre, "inspector", "别校督导", _another(morning))
    one = visit()
    page = as_person(one, other, f"/classes/{coming}/roster")
    expect(page.locator("main")).to_contain_text("CLASS_NOT_FOUND")
    one.complaints.clear()


def _another(morning: Seeded) -> UUID:
    with morning.centre.uow.write() as session:
        made = Institution(created_at=morning.clock.now(), name="别的学校", area="000000", secret_related=False)
        session.add(made)
        session.flush()
        return made.id


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_roster_pages_are_accessible(
    coming: UUID, handler: Person, responsible: Person, visit: Visits, language: str, size: tuple[int, int]
) -> None:
    page = as_person(visit(size), handler, f"/classes/{coming}/roster", language)
    for summary in page.locator(".roster-table tr:first-child summary").all():
        summary.click()
    assert (axe_faults(page), sideways(page)) == ([], 0)
    page.goto(page.url.split("?")[0] + "?only=block")
    assert (axe_faults(page), sideways(page)) == ([], 0)
    page = as_person(visit(size), responsible, f"/classes/{coming}", language)
    page.locator("#exemptions summary").last.click()
    assert (axe_faults(page), sideways(page)) == ([], 0)
