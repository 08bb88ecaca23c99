"""Registers and exemptions in a real browser: a list is imported and withdrawn, a class freed, a request answered, the
record searched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from supervisor.callers import Caller
from supervisor.classes.models import RosterEntry
from supervisor.lessons.register import enter
from supervisor.lessons.schemas import ViewReason
from supervisor.privacy import desk
from supervisor.privacy.schemas import RightsIn, RightsKind
from supervisor.rosters.models import ComparisonRow
from tests.browser.conftest import NARROW, WIDE, Visit
from tests.browser.test_console_pages import axe_faults, sideways
from tests.browser.test_deciding_pages import as_person
from tests.support.deciding import sign_in
from tests.support.seed import Seeded, id_number

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
Person = tuple[Caller, str]


@pytest.fixture(scope="module")
def handler(morning: Seeded) -> Person:
    return sign_in(morning.centre, "handler", "陈经办")


@pytest.fixture(scope="module")
def approver(morning: Seeded) -> Person:
    return sign_in(morning.centre, "approver", "何审批")


@pytest.fixture(scope="module")
def audit(morning: Seeded) -> Person:
    return sign_in(morning.centre, "audit_admin", "周审计")


def class_of(morning: Seeded) -> UUID:
    return morning.places[0].training.id


def ask(morning: Seeded, handler: Person, kind: RightsKind, words: str) -> None:
    with morning.centre.uow.read() as session:
        entry = session.scalars(select(RosterEntry.id).where(RosterEntry.class_id == class_of(morning))).first()
    assert entry is not None
    desk.ask_for(morning.centre, handler[0], entry, RightsIn(kind=kind, words=words))


def test_a_list_is_imported_and_withdrawn(
    morning: Seeded, handler: Person, approver: Person, visit: Visits, tmp_path: Path
) -> None:
    wrong, right = tmp_path / "wrong.csv", tmp_path / "right.csv"
    wrong.write_text(f"身份证号\n{id_number(900)}\n123\n\n456\n", encoding="utf-8")
    right.write_text(f"身份证号\n{id_number(900)}\n{id_number(901)}\n", encoding="utf-8")
    one = visit()
    page = as_person(one, handler, "/comparison-lists")
    for file in (wrong, right):
        page.get_by_label("名单种类").select_option("deceased")
        page.get_by_label("来源单位").fill("民政局")
        page.get_by_label("用途").fill("核对花名册")
        page.get_by_label("数据日期").fill("2026-11-01")
        page.get_by_label("用到哪一天").fill("2026-12-31")
        page.locator("[name=file]").set_input_files(file)
        page.get_by_role("button", name="导入").click()
        if file is wrong:
            expect(page.locator(".fault")).to_contain_text("文件有 2 处错误")
            expect(page.locator(".fault li")).to_have_count(2)
            expect(page.get_by_label("来源单位")).to_have_value("民政局")
            one.complaints.clear()
    expect(page.locator(".done-note")).to_have_text("名单已导入")
    row = page.locator("tbody tr")
    expect(row).to_contain_text("死亡人员")
    expect(row.locator(".num")).to_have_text("2")
    expect(row).to_contain_text("2026-12-31")
    assert id_number(900) not in page.content()
    reading = as_person(visit(), approver, "/comparison-lists")
    expect(reading.get_by_role("button", name="撤回")).to_have_count(0)
    expect(reading.locator("#import")).to_have_count(0)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="撤回").click()
    expect(page.locator("tbody .mark")).to_have_text("已撤回")
    with morning.centre.uow.read() as session:
        assert session.scalars(select(ComparisonRow)).all() == []


def test_a_class_is_freed_and_the_exemption_revoked(morning: Seeded, approver: Person, visit: Visits) -> None:
    page = as_person(visit(), approver, f"/classes/{class_of(morning)}")
    card = page.locator("#exemptions")
    expect(card).to_contain_text("没有免除")
    card.get_by_text("批准免除").first.click()
    card.get_by_text("涉密单位的培训").click()
    card.get_by_label("依据").fill("县人社〔2026〕12号")
    card.get_by_label("用到哪一天").fill("2020-01-01")
    card.get_by_role("button", name="批准免除").click()
    expect(card.get_by_label("用到哪一天")).to_be_visible()  # the browser's own check: not in the past
    card.get_by_label("用到哪一天").fill("2026-12-31")
    card.get_by_role("button", name="批准免除").click()
    expect(card.locator("li").first).to_contain_text("涉密单位")
    expect(card.locator("li").first).to_contain_text("有效到 2026-12-31")
    card.get_by_text("撤销这项免除").click()
    card.locator("li").first.get_by_label("理由").fill("单位不在名录")
    page.keyboard.press("Enter")
    expect(card.locator("li .mark")).to_have_text("已撤销")


def test_requests_are_worked_off(morning: Seeded, handler: Person, visit: Visits) -> None:
    ask(morning, handler, RightsKind.CORRECT, "名字写错了")
    page = as_person(visit(), handler, "/comparison-lists")
    page.get_by_role("link", name="个人信息申请").click()
    card = page.locator("section").filter(has_text="名字写错了")
    expect(card.locator(".mark")).to_contain_text("还剩")
    card.get_by_text("答复", exact=True).click()
    card.get_by_label("答复内容").fill("已核对身份证")
    card.get_by_role("button", name="办理并答复").click()
    expect(card.locator(".inline-fault")).to_contain_text("请填写更正后的姓名")
    card.get_by_label("更正后的姓名").fill("赵一一")
    card.get_by_role("button", name="办理并答复").click()
    expect(page.locator(".done-note")).to_have_text("已答复")
    expect(page.get_by_text("没有待答复的申请")).to_be_visible()
    page.get_by_role("link", name="全部").click()
    expect(page.locator("section .mark")).to_have_text("已办理")


def test_the_audit_administrator_searches(morning: Seeded, audit: Person, handler: Person, visit: Visits) -> None:
    enter(morning.centre, handler[0], morning.places[0].ended, "playback", ViewReason.COMPLAINT, "10.0.0.7")
    page = as_person(visit(), audit, "/")
    page.get_by_role("link", name="台账").click()
    page.get_by_label("姓名或单位").fill("陈经办")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("处理投诉")
    page.get_by_label("从", exact=True).fill("2030-01-01")
    page.keyboard.press("Enter")
    expect(page.get_by_text("没有符合条件的登记")).to_be_visible()
    page.get_by_role("link", name="操作记录").click()
    page.locator("[name=action]").fill("class_created")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr").first).to_contain_text("class_created")
    page.locator("tbody tr").first.locator("td").nth(3).get_by_role("link").click()
    expect(page.locator("[name=subject]")).not_to_have_value("")
    assert {text.split(":")[0] for text in page.locator("tbody td:nth-child(4)").all_inner_texts()} == {
        "training_class"
    }


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_register_pages_are_accessible(
    morning: Seeded, handler: Person, approver: Person, audit: Person, visit: Visits, language: str,
    size: tuple[int, int],
) -> None:  # fmt: skip
    ask(morning, handler, RightsKind.ACCESS, "想看我的签到")
    page = as_person(visit(size), handler, "/comparison-lists", language)
    assert (axe_faults(page), sideways(page)) == ([], 0)
    page.goto(page.url.replace("/comparison-lists", "/rights"))
    page.locator("summary").last.click()
    assert (axe_faults(page), sideways(page)) == ([], 0)
    page = as_person(visit(size), audit, "/viewings", language)
    assert (axe_faults(page), sideways(page)) == ([], 0)
    page.goto(page.url.replace("/viewings", "/record"))
    assert (axe_faults(page), sideways(page)) == ([], 0)
    page = as_person(visit(size), approver, f"/classes/{class_of(morning)}", language)
    page.locator("#exemptions summary").last.click()
    assert (axe_faults(page), sideways(page)) == ([], 0)
