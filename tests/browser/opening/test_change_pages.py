"""The plan of a class that runs is changed through the pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from supervisor.callers import Caller
from tests.browser.conftest import NARROW, WIDE, Visit
from tests.browser.test_console_pages import axe_faults, sideways
from tests.browser.test_deciding_pages import as_person
from tests.support.deciding import sign_in
from tests.support.seed import Seeded

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
Person = tuple[Caller, str]


def test_a_teacher_asks_for_a_substitute_and_the_handler_approves(
    morning: Seeded, teacher: Person, visit: Visits
) -> None:
    one = visit()
    page = as_person(one, teacher, f"/classes/{morning.places[0].training.id}")
    page.get_by_role("link", name="申请变更").click()
    line = page.locator(".sessions li")
    expect(line).to_have_count(1)  # the others have begun
    expect(line).to_contain_text("还可以申请,还剩 11 分钟")
    line.get_by_role("link").click()
    form = page.locator("details.ask", has_text="替课")
    form.locator("summary").click()
    form.get_by_label("代课教师").fill("刘老师")
    form.get_by_label("理由").fill("刘老师生病")
    form.get_by_role("button", name="提出申请").click()
    expect(page.get_by_role("alert")).to_contain_text("与原计划相同,没有变更")
    assert all("422" in said for said in one.complaints)
    one.complaints.clear()
    form = page.locator("details.ask[open]")
    expect(form.get_by_label("理由")).to_have_value("刘老师生病")
    form.get_by_label("代课教师").fill("钱老师、孙老师")
    form.get_by_role("button", name="提出申请").click()
    expect(page.locator("#asked .log li")).to_contain_text("等待审批")
    expect(page.locator(".sessions li")).to_contain_text("替课 · 等待审批")
    expect(page.locator(".sessions li").get_by_role("link")).to_have_count(0)
    handler = sign_in(morning.centre, "handler", "陈经办")
    county = as_person(visit(), handler, "/todo")
    item = county.locator(".todo-item", has_text="替课")
    item.get_by_text("审批", exact=True).click()
    item.get_by_label("理由").fill("同意")
    item.get_by_role("button", name="提交").click()
    county.wait_for_url("**/todo?done=1")
    page.goto(page.url.split("?")[0])
    log = page.locator("#asked .log li")
    expect(log).to_contain_text("替课 · 计划第 2 版")
    expect(log).to_contain_text("答复:同意")
    expect(page.locator(".sessions li")).to_contain_text("钱老师、孙老师")


def test_a_cancelled_lesson_is_made_up_for(morning: Seeded, teacher: Person, visit: Visits) -> None:
    page = as_person(visit(), teacher, f"/classes/{morning.places[0].training.id}/changes")
    page.locator(".sessions li").get_by_role("link").click()
    form = page.locator("details.ask", has_text="停课")
    form.locator("summary").click()
    form.get_by_label("理由").fill("停电")
    form.get_by_label("当天紧急").check()
    form.get_by_role("button", name="提出申请").click()
    log = page.locator("#asked .log li")
    expect(log).to_contain_text("已先行,待确认")
    expect(log).to_contain_text("不上课")
    morning.clock.step(1)
    form = page.locator("#makeup form")
    form.get_by_label("已停课").check()
    form.get_by_label("日期").fill("2026-11-24")
    form.get_by_label("开始时间").fill("08:50")
    form.get_by_label("结束时间").fill("08:53")
    form.get_by_label("教师", exact=True).fill("刘老师")
    form.get_by_label("理由").fill("补停电的课")
    form.get_by_role("button", name="申请补课").click()
    expect(page.locator("#asked .log li").first).to_contain_text("补课")
    expect(page.locator("#makeup")).to_contain_text("现在没有可以补的学时")


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_of_changes_is_accessible(
    morning: Seeded, teacher: Person, visit: Visits, language: str, size: tuple[int, int]
) -> None:
    page = as_person(visit(size), teacher, f"/classes/{morning.places[0].training.id}/changes", language)
    page.locator(".sessions li a").click()
    page.locator("details.ask summary").nth(1).click()
    assert (axe_faults(page), sideways(page)) == ([], 0)
