"""Accounts in a real browser: one is asked for, granted, set up, bound to a phone and locked out again."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect

from supervisor.accounts.models import Account
from supervisor.callers import Caller
from tests.browser.conftest import NARROW, WIDE, Visit
from tests.browser.test_console_pages import axe_faults, sideways
from tests.browser.test_deciding_pages import as_person
from tests.support.deciding import sign_in
from tests.support.seed import ADMIN, Seeded

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
PASSWORD = "ten-characters-and-more"


@pytest.fixture(scope="module")
def system(morning: Seeded) -> tuple[Caller, str]:
    return sign_in(morning.centre, "system_admin", "孙管理")


@pytest.fixture(scope="module")
def security(morning: Seeded) -> tuple[Caller, str]:
    return sign_in(morning.centre, "security_admin", "钱安全")


@pytest.fixture(scope="module")
def audit(morning: Seeded) -> tuple[Caller, str]:
    return sign_in(morning.centre, "audit_admin", "周审计")


def test_an_account_is_asked_for_granted_and_set_up(
    morning: Seeded, system: tuple[Caller, str], security: tuple[Caller, str], visit: Visits
) -> None:
    asking = as_person(visit(), system, "/accounts")
    asking.get_by_role("link", name="申请新账户").click()
    asking.get_by_role("link", name=re.compile("受委托监督")).click()
    asking.get_by_label("姓名").fill("冯监督")
    asking.get_by_label("用户名").fill("Feng")
    asking.get_by_label("所在单位").fill("某会计师事务所")
    asking.get_by_label("用到哪一天").fill("2027-03-31")
    asking.get_by_role("checkbox").first.check()
    asking.get_by_role("button", name="提交申请").click()  # the browser's own check: no capital letters
    expect(asking.get_by_label("用户名")).to_have_value("Feng")
    asking.get_by_label("用户名").fill("feng")
    asking.get_by_role("button", name="提交申请").click()
    expect(asking.get_by_text("正等安全管理员授权")).to_be_visible()
    link = asking.locator("#link").input_value()
    asking.goto(f"{asking.url.split('/accounts')[0]}/accounts?state=asked")
    asking.get_by_role("link", name="冯监督").click()
    expect(asking.get_by_role("button", name="授权", exact=True)).to_have_count(0)

    granting = as_person(visit(), security, "/accounts")
    granting.get_by_role("link", name="等待授权").click()
    expect(granting.locator("tbody tr")).to_have_count(1)
    granting.get_by_role("link", name="冯监督").click()
    expect(granting.locator("dl.facts")).to_contain_text("用到 2027-03-31 结束")
    granting.get_by_role("button", name="授权", exact=True).focus()
    granting.keyboard.press("Enter")
    expect(granting.locator(".done-note")).to_have_text("已授权")
    expect(granting.locator(".page-head .mark")).to_have_text("已授权,未设密码")

    visitor = visit()
    page = visitor.page()
    page.goto(visitor.base + "/setup/" + link.rsplit("/", 1)[1])
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="建立账号并登录").click()
    page.get_by_role("link", name="冯监督").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("我的账户")
    expect(page.locator("dl.facts").first).to_contain_text("受委托监督")
    expect(page.locator("dl.facts").first).to_contain_text("用到 2027-03-31 结束")


def test_a_second_factor_is_bound_and_the_password_is_changed(morning: Seeded, visit: Visits) -> None:
    one = visit()
    page = one.sign_in()
    page.goto(page.url + "me")
    factor = page.locator("section").filter(has=page.locator("#factor-head"))
    factor.get_by_label("当前密码").fill("not the password")
    factor.get_by_role("button", name="开始绑定").click()
    expect(factor.get_by_role("alert")).to_contain_text("密码不正确")
    factor.get_by_label("当前密码").fill(ADMIN[1])
    factor.get_by_role("button", name="开始绑定").click()
    expect(page.locator(".qr-frame svg")).to_be_visible()
    secret = page.locator(".secret").inner_text().replace(" ", "")
    assert (axe_faults(page), sideways(page)) == ([], 0)
    page.get_by_label("六位数字").fill("000000")
    page.keyboard.press("Enter")
    expect(page.locator("#code-fault")).to_contain_text("动态口令不正确")
    expect(page.locator(".qr-frame svg")).to_be_visible()
    page.get_by_label("六位数字").fill(pyotp.TOTP(secret).at(morning.clock.now()))
    page.keyboard.press("Enter")
    expect(page.locator(".codes li")).to_have_count(10)
    assert axe_faults(page) == []
    page.goto(page.url.split("/me")[0] + "/me")
    expect(page.get_by_text("还有 10 个恢复码没用过")).to_be_visible()
    moved(morning, page, pyotp.TOTP(secret))
    page.locator("#password").get_by_label("当前密码").fill(ADMIN[1])
    page.locator("[name=new_password]").fill(PASSWORD)
    page.locator("[name=again]").fill(PASSWORD + "x")
    page.get_by_role("button", name="修改密码").click()
    expect(page.locator("#password").get_by_role("alert")).to_contain_text("两次输入的新密码不一致")
    page.locator("#password").get_by_label("当前密码").fill(ADMIN[1])
    page.locator("[name=new_password]").fill(PASSWORD)
    page.locator("[name=again]").fill(PASSWORD)
    page.get_by_role("button", name="修改密码").click()
    expect(page.get_by_text("密码已修改,请用新密码登录")).to_be_visible()
    assert all("403" in said or "422" in said for said in one.complaints)
    one.complaints.clear()


def moved(morning: Seeded, page: Page, old: pyotp.TOTP) -> None:
    """To another phone: the old one holds until the new one is confirmed."""
    factor = page.locator("section").filter(has=page.locator("#factor-head"))
    factor.get_by_text("换绑到另一部手机").click()
    form = factor.locator("form[action='/me/second-factor']")
    form.get_by_label("当前密码").fill(ADMIN[1])
    form.get_by_label("现在的动态口令").fill("000000")
    form.get_by_role("button", name="开始换绑").click()
    expect(factor.get_by_role("alert")).to_contain_text("动态口令不正确")
    morning.clock.step(60)
    factor.get_by_text("换绑到另一部手机").click()
    form.get_by_label("当前密码").fill(ADMIN[1])
    form.get_by_label("现在的动态口令").fill(old.at(morning.clock.now()))
    page.keyboard.press("Enter")
    secret = page.locator(".secret").inner_text().replace(" ", "")
    assert secret != old.secret
    page.get_by_label("六位数字").fill(pyotp.TOTP(secret).at(morning.clock.now()))
    page.keyboard.press("Enter")
    expect(page.get_by_text("旧的动态口令和恢复码已作废")).to_be_visible()
    page.goto(page.url.split("/me")[0] + "/me")
    factor.locator("summary", has_text="解除动态口令").click()
    assert (axe_faults(page), sideways(page)) == ([], 0)
    expect(factor.get_by_role("button", name="解除动态口令")).to_be_visible()


def test_the_list_is_filtered_and_an_account_is_switched_off(
    morning: Seeded, security: tuple[Caller, str], system: tuple[Caller, str], visit: Visits
) -> None:
    locked, _ = sign_in(morning.centre, "inspector", "郑锁定")
    with morning.centre.uow.write() as session:
        session.get_one(Account, locked.account_id).locked_until = morning.clock.now() + timedelta(minutes=15)
    page = as_person(visit(), security, "/accounts")
    page.get_by_label("姓名或用户名").fill("锁定")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="已锁定").click()
    page.get_by_role("link", name="郑锁定").click()
    expect(page.get_by_text("到时自动解开")).to_be_visible()
    expect(page.get_by_role("button", name="生成新链接")).to_have_count(0)
    page.get_by_label("理由").fill("本人到窗口,核对了证件")
    assert (axe_faults(page), sideways(page)) == ([], 0)
    page.get_by_role("button", name="解锁").click()
    expect(page.locator(".done-note")).to_have_text("已解锁,本人可以登录")
    expect(page.get_by_role("button", name="解锁")).to_have_count(0)
    page.get_by_role("button", name="停用账户").click()
    expect(page.locator(".page-head .mark")).to_have_text("已停用")
    page.get_by_role("button", name="恢复账户").click()
    expect(page.locator(".done-note")).to_have_text("已恢复")
    other = as_person(visit(), system, page.url.split("?")[0].removeprefix(page.url.split("/accounts")[0]))
    other.get_by_role("button", name="生成新链接").click()
    expect(other.locator("#link")).to_have_value(re.compile("/setup/"))


def test_an_audit_administrator_only_reads(
    morning: Seeded, audit: tuple[Caller, str], system: tuple[Caller, str], visit: Visits
) -> None:
    page = as_person(visit(), audit, f"/accounts/{system[0].account_id}")
    expect(page.get_by_text("您的角色只能查看")).to_be_visible()
    expect(page.locator(".acts button")).to_have_count(0)


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_account_pages_are_accessible(
    system: tuple[Caller, str], security: tuple[Caller, str], visit: Visits, language: str, size: tuple[int, int]
) -> None:
    page = as_person(visit(size), system, "/accounts", language)
    base = page.url.split("/accounts")[0]
    for path in (
        "/accounts", "/accounts?state=review", "/accounts/new", "/accounts/new?role=third_party",
        f"/accounts/{security[0].account_id}", "/me",
    ):  # fmt: skip
        page.goto(base + path)
        assert (axe_faults(page), sideways(page)) == ([], 0), path
