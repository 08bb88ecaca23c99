"""The patrol wall in a real browser: filters, groups that turn, keys, the panel with its roll call, both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from supervisor.accounts import service as accounts
from supervisor.accounts.schemas import AccountIn
from supervisor.callers import Role
from supervisor.lessons.models import ViewLog
from supervisor.patrol.models import PatrolClosing, PatrolDismissal, RollCallAnswer
from supervisor.privacy.models import Reveal
from tests.browser.conftest import NARROW, Visit
from tests.browser.test_console_pages import axe_faults, sideways
from tests.support.accounts import granted_account
from tests.support.seed import ADMIN, Seeded

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
INSPECTOR = "zhao-wall"


@pytest.fixture(scope="module")
def inspector(morning: Seeded) -> str:
    wanted = AccountIn(username=INSPECTOR, name="赵督导", role=Role.INSPECTOR)
    link = granted_account(morning.centre, morning.admin, wanted)
    accounts.redeem(morning.centre, link, username=INSPECTOR, name="赵督导", password=ADMIN[1])
    return INSPECTOR


@pytest.fixture
def wall(inspector: str, visit: Visits) -> Callable[..., Page]:
    """`wall(address)`: the wall as the inspector sees it."""

    def start(address: str = "/wall", language: str = "zh", clock: bool = False, **options: object) -> Page:
        came = visit(**options)
        came.context.add_cookies([{"name": "language", "value": language, "url": came.base}])
        page = came.page()
        page.goto(f"{came.base}/login")
        page.locator("[name=username]").fill(inspector)
        page.locator("[name=password]").fill(ADMIN[1])
        page.locator("main button").click()
        page.wait_for_url(f"{came.base}/")
        if clock:
            page.clock.install()
        page.goto(f"{came.base}{address}")
        page.locator("wall-board[data-size]").wait_for()
        return page

    return start


def tile(page: Page, morning: Seeded, number: int):  # type: ignore[no-untyped-def]
    return page.locator(f"#t-{morning.places[number].running}")


def test_each_tile_has_three_numbers_a_verdict_and_the_reason_of_its_outage(
    morning: Seeded, wall: Callable[..., Page]
) -> None:
    page = wall()
    expect(page.locator(".wall-tile")).to_have_count(4)
    good, few, password, stalled = (tile(page, morning, number) for number in range(4))
    expect(good.locator("dd")).to_have_text(["11", "11", "12"])
    expect(good.locator(".mark")).to_have_text("目前正常")
    expect(good.locator(".veil")).to_contain_text("现场设备的实时线路没有接通")
    expect(few.locator(".mark")).to_have_text("人数偏低")
    expect(password.locator(".tile-veil")).to_contain_text("培训点:摄像头的密码改过")
    expect(password.locator("dd").first).to_contain_text("未知")
    expect(stalled.locator(".tile-veil")).to_contain_text("最后画面 08:37:33")
    expect(page.locator(".need")).to_have_count(3)
    expect(page.get_by_role("link", name="巡课墙")).to_have_attribute("aria-current", "page")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_wall_the_panel_and_the_dialogs_are_accessible(
    morning: Seeded, wall: Callable[..., Page], language: str
) -> None:
    page = wall(language=language)
    page.locator(".veil:not([hidden])").first.wait_for()
    assert axe_faults(page) == []
    page.keyboard.press("?")
    page.locator("#help[open]").wait_for()
    assert axe_faults(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("g")
    page.locator("#sign[open]").wait_for()
    assert axe_faults(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.locator("#panel-body").wait_for()
    assert axe_faults(page) == []
    assert sideways(page) == 0


def test_the_keys_work_in_the_moment_in_which_the_help_closes(wall: Callable[..., Page]) -> None:
    page = wall()
    page.keyboard.press("?")
    page.locator("#help[open]").wait_for()
    page.evaluate(
        """() => {
          document.querySelector("#help").close();  // its box to tick has the keyboard until the next picture is drawn
          document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "g", bubbles: true }));
        }"""
    )
    expect(page.locator("#sign")).to_be_visible()


def test_filters_are_addresses_and_a_draw_is_on_record(wall: Callable[..., Page]) -> None:
    page = wall()
    page.locator("#show-outage").click()
    expect(page.locator(".wall-tile")).to_have_count(2)
    assert page.url.endswith("/wall?show=outage")
    page.locator("#show-today").click()
    expect(page.locator("#wall-head")).to_contain_text("12")
    page.get_by_role("searchbox").fill("教室B")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".wall-tile")).to_have_count(3)
    page.locator("#draw").click()
    expect(page.locator("#wall-drawn")).to_contain_text("从 4 个正在上课的课时中抽取 4 个")
    expect(page.locator(".wall-tile")).to_have_count(4)


def test_groups_turn_by_themselves_until_somebody_pauses(wall: Callable[..., Page]) -> None:
    page = wall(clock=True)
    page.locator("#size").select_option("1")
    page.locator("#dwell").select_option("10")
    turn = page.locator(".turn-text")
    expect(page.locator(".wall-tile:visible")).to_have_count(1)
    expect(turn).to_contain_text("第 1 / 4 组")
    page.locator("h1").click()
    page.clock.run_for(11_000)
    expect(turn).to_contain_text("第 2 / 4 组")
    page.keyboard.press("Space")
    expect(page.locator("#pause")).to_have_attribute("aria-pressed", "true")
    expect(turn).to_contain_text("已暂停")
    page.clock.run_for(30_000)
    expect(turn).to_contain_text("第 2 / 4 组")
    page.keyboard.press("ArrowRight")
    expect(turn).to_contain_text("第 3 / 4 组")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(turn).to_contain_text("第 1 / 4 组")
    page.reload()
    expect(page.locator("#size")).to_have_value("1")


def test_keys_enlarge_and_can_be_switched_off(morning: Seeded, wall: Callable[..., Page]) -> None:
    page = wall()
    page.keyboard.press("2")
    large = page.locator(".wall-tile:visible")
    expect(large).to_have_count(1)
    expect(page.locator("#panel-body h2")).to_be_visible()
    first = large.get_attribute("data-lesson")
    assert page.url.endswith(f"#{first}")
    page.keyboard.press("ArrowRight")
    expect(page.locator(f"#t-{first}")).to_be_hidden()
    page.keyboard.press("s")
    expect(page.locator("#say")).to_have_text("没有画面可用")
    page.keyboard.press("Escape")
    expect(page.locator(".wall-tile:visible")).to_have_count(4)
    page.keyboard.press("?")
    page.get_by_label("使用单键快捷键").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(page.locator(".wall-tile:visible")).to_have_count(4)
    page.locator(f"#look-{morning.places[0].running}").click()
    expect(page.locator("#panel-body h2")).to_have_text("家政四级 26-031班")


def test_what_shows_nothing_cannot_be_signed(wall: Callable[..., Page]) -> None:
    page = wall()
    page.locator("#sign-off").click()
    expect(page.locator("#sign .shows")).to_have_text(["此刻没有画面,不登记"] * 4)
    expect(page.get_by_role("button", name="确认登记")).to_be_disabled()


def test_new_numbers_keep_the_pictures_and_what_is_being_typed(morning: Seeded, wall: Callable[..., Page]) -> None:
    page = wall()
    page.locator("live-tile").first.wait_for(state="attached")
    page.evaluate("document.querySelectorAll('live-tile').forEach((one) => { one.kept = true })")
    page.locator(".need summary").first.click()
    page.locator(".need [name=reason]").first.fill("正在核实")
    before = page.locator("#wall-parts").get_attribute("data-now")
    morning.clock.step(1)
    with page.expect_response(lambda answer: "/wall/parts" in answer.url):
        pass
    expect(page.locator("#wall-parts")).not_to_have_attribute("data-now", before or "")
    assert page.evaluate("[...document.querySelectorAll('live-tile')].every((one) => one.kept)")
    expect(page.locator(".need [name=reason]").first).to_have_value("正在核实")
    expect(page.locator(".need details[open]")).to_have_count(1)
    morning.clock.step(-1)


def test_a_patrol_with_its_roll_call_from_the_panel(morning: Seeded, wall: Callable[..., Page]) -> None:
    page = wall()
    page.locator(f"#look-{morning.places[0].running}").click()
    page.locator("#open-patrol").click()
    page.locator("#call-roll").click()
    names = page.locator(".called")
    expect(names).to_have_count(3)
    assert float(names.first.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")) >= 32
    assert all("演" in name and "*" not in name for name in names.all_inner_texts())
    assert axe_faults(page) == []
    page.get_by_label("正常").check()
    page.locator("#close-patrol").click()
    expect(page.get_by_role("alert")).to_contain_text("点名还有未登记的结果")
    expect(page.get_by_label("正常")).to_be_checked()
    for left in (2, 1, 0):
        page.locator(".roll [value=seen]").first.click()
        expect(page.locator(".roll form")).to_have_count(left)
    page.get_by_label("备注").fill("秩序好")
    page.get_by_label("正常").check()
    page.locator("#close-patrol").click()
    expect(page.locator(".past")).to_contain_text("正常 · 点名 3 人,见到 3 人")
    expect(page.locator(f"#t-{morning.places[0].running} .been")).to_contain_text("08:38 已巡")
    with morning.centre.uow.read() as session:
        (closing,) = session.scalars(select(PatrolClosing)).all()
        assert (closing.findings, closing.text) == (["normal"], "秩序好")
        assert len(session.scalars(select(RollCallAnswer)).all()) == 3
        assert len(session.scalars(select(Reveal)).all()) == 3
        looked = session.execute(select(ViewLog.name, ViewLog.what, ViewLog.lesson_hour_id)).all()
    assert ("赵督导", "patrol", morning.places[0].running) in [tuple(one) for one in looked]


def test_no_problem_leaves_the_list_with_a_reason(morning: Seeded, wall: Callable[..., Page]) -> None:
    page = wall()
    item = page.locator(f"#need-{morning.places[1].running}-few")
    item.locator("summary").click()
    item.get_by_label("为什么不是问题").fill("分组实操,半班在隔壁")
    item.get_by_role("button", name="登记").click()
    expect(page.locator(".need")).to_have_count(2)
    with morning.centre.uow.read() as session:
        (kept,) = session.scalars(select(PatrolDismissal)).all()
    assert (kept.trouble, kept.reason) == ("few", "分组实操,半班在隔壁")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_phone_shows_a_list(morning: Seeded, wall: Callable[..., Page], language: str) -> None:
    page = wall(language=language, size=NARROW)
    expect(page.locator(".wall-tile:visible")).to_have_count(4)
    expect(page.locator("live-tile")).to_have_count(0)
    assert sideways(page) == 0
    assert axe_faults(page) == []
    page.locator(f"#look-{morning.places[0].running}").click()
    expect(page.locator(".wall-tile:visible")).to_have_count(1)
    expect(page.locator("live-tile")).to_have_count(1)
    page.locator("#panel-back").wait_for()
    assert sideways(page) == 0
    assert axe_faults(page) == []
    page.locator("#panel-back").click()
    expect(page.locator(".wall-tile:visible")).to_have_count(4)


def test_who_only_administers_has_no_wall(visit: Visits) -> None:
    page = visit().sign_in()
    expect(page.get_by_role("link", name="巡课墙")).to_have_count(0)
    assert page.request.get(page.url + "wall").status == 403
