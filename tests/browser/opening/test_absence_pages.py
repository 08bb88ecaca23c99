"""Leave, make-up check-ins and drop-outs through the pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from supervisor.callers import Caller
from tests.browser.conftest import NARROW, WIDE, Visit
from tests.browser.test_console_pages import axe_faults, sideways
from tests.browser.test_deciding_pages import as_person
from tests.support.seed import Seeded

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
Person = tuple[Caller, str]


def test_leave_make_up_check_ins_and_drop_outs_are_asked_for(morning: Seeded, teacher: Person, visit: Visits) -> None:
    one = visit()
    page = as_person(one, teacher, f"/classes/{morning.places[0].training.id}/absences")
    leave = page.locator("#leave")
    leave.get_by_label("哪位学员").select_option(index=12)
    leave.locator("[name=start]").fill("2026-11-23T08:00")
    leave.locator("[name=until]").fill("2026-11-23T12:00")
    leave.get_by_label("理由").fill("家中有事")
    leave.get_by_role("button", name="请假").click()
    expect(page.get_by_role("alert")).to_contain_text("事假应在开始之前提出")
    leave.locator("[name=start]").fill("2026-11-23T08:45")
    expect(leave.get_by_label("理由")).to_have_value("家中有事")
    leave.get_by_role("button", name="请假").click()
    log = page.locator("#asked .log li")
    expect(log).to_contain_text("事假 · 12")
    expect(log).to_contain_text("已批准")
    expect(log).not_to_contain_text("家中有事")
    makeup = page.locator("#makeup")
    makeup.get_by_label("哪位学员").select_option(index=12)
    makeup.locator("[name=at]").fill("2026-11-23T08:29")
    makeup.get_by_label("理由").fill("手机没电")
    makeup.get_by_role("button", name="申请补签").click()
    expect(page.locator("#asked .log li")).to_have_count(2)
    out = page.locator("#drop_out")
    out.get_by_label("哪位学员").select_option(index=11)
    out.get_by_label("理由").fill("外出务工")
    out.get_by_role("button", name="申请退班").click()
    expect(page.locator("#asked .log li")).to_have_count(3)
    page.get_by_role("button", name="撤回 事假").click()
    expect(page.locator("#asked .log li", has_text="事假")).to_contain_text("已撤回")
    assert all("422" in said for said in one.complaints)
    one.complaints.clear()


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_of_absences_is_accessible(
    morning: Seeded, teacher: Person, visit: Visits, language: str, size: tuple[int, int]
) -> None:
    page = as_person(visit(size), teacher, f"/classes/{morning.places[0].training.id}/absences", language)
    assert (axe_faults(page), sideways(page)) == ([], 0)
