"""An inspector's morning in a real browser: sign in by link, see what needs a person, look at a lesson."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from supervisor.accounts.schemas import AccountIn
from supervisor.callers import Role
from tests.browser.conftest import NARROW, WIDE, Visit
from tests.support.accounts import granted_account
from tests.support.seed import Seeded

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]


def axe_faults(page: Page) -> list[str]:
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})  # says less, asks the same
    return [f"{one['id']}: {node['html']}" for one in found.response["violations"] for node in one["nodes"]]


def sideways(page: Page) -> int:
    """Pixels by which the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def wait_until(page: Page, expression: str, limit_s: float = 15) -> None:
    """Polls from outside: the page's own policy forbids evaluating strings."""
    deadline = time.monotonic() + limit_s
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(50)


def test_a_setup_link_makes_an_account_once(morning: Seeded, visit: Visits) -> None:
    wanted = AccountIn(username="zhao", name="赵督导", role=Role.INSPECTOR)
    link = granted_account(morning.centre, morning.admin, wanted)
    inspector = visit()
    page = inspector.page()
    page.goto(f"{inspector.base}/setup/{link}")
    expect(page.get_by_text("赵督导 · zhao")).to_be_visible()
    page.get_by_label("密码").fill("ten-characters-and-more")
    page.get_by_role("button", name="建立账号并登录").click()
    expect(page.get_by_role("heading", name="今日课时", level=1)).to_be_visible()
    expect(page.locator(".person")).to_contain_text("赵督导")
    page.get_by_role("button", name="退出").click()
    expect(page).to_have_url(f"{inspector.base}/login")
    answer = page.request.get(f"{inspector.base}/setup/{link}")
    assert answer.status == 404
    assert "SETUP_LINK_INVALID" in answer.text()


def test_today_shows_three_numbers_the_camera_and_the_verdict_in_words(morning: Seeded, visit: Visits) -> None:
    page = visit().sign_in()
    running = page.locator("article").filter(has=page.locator(f"#open-{morning.places[0].running}"))
    expect(running.locator("dd")).to_have_text(["11", "11", "12"])
    expect(running.locator(".camera-line")).to_contain_text("正在录像 · 2 秒前")
    expect(running.locator(".mark")).to_have_text("目前正常")
    password = page.locator("article").filter(has=page.locator(f"#open-{morning.places[2].running}"))
    expect(password.locator(".camera-line")).to_contain_text("密码不对")
    expect(password.locator("dd").first).to_contain_text("未知")
    expect(page.get_by_role("heading", name="需要你处理")).to_contain_text("5")
    expect(page.get_by_text("演示规则,不用于发放补贴")).to_be_visible()


def test_today_refreshes_itself_and_keeps_the_keyboard_focus(morning: Seeded, visit: Visits) -> None:
    page = visit().sign_in()
    link = page.locator(f"#open-{morning.places[0].running}")
    link.focus()
    before = page.locator("#today .soft .nowrap").first.inner_text()
    morning.clock.step(1)
    with page.expect_response(lambda answer: "show=all" in answer.url):
        pass
    expect(page.locator("#today .soft .nowrap").first).not_to_have_text(before)
    expect(link).to_be_focused()
    morning.clock.step(-1)


def test_a_filter_is_an_address(visit: Visits) -> None:
    page = visit().sign_in()
    page.get_by_role("link", name="摄像头异常").click()
    expect(page.locator("article")).to_have_count(4)
    assert page.url.endswith("/?show=camera")


def test_the_clip_plays_after_a_reason_and_shows_the_sites_time(morning: Seeded, visit: Visits) -> None:
    page = visit().sign_in()
    page.goto(page.url + f"lessons/{morning.places[0].ended}")
    page.get_by_label("查看事由").select_option("alert")
    page.get_by_role("button", name="打开录像").click()
    player = page.locator("lesson-player[ready]")
    player.wait_for()
    player.get_by_role("button", name="播放", exact=True).click()
    wait_until(page, "document.querySelector('lesson-player video').currentTime > 1.5")
    assert page.evaluate("document.querySelector('lesson-player video').currentSrc").startswith("blob:"), (
        "not by hls.js"
    )
    expect(player.locator("output")).to_contain_text("08:30:0")


def test_a_click_on_the_timeline_moves_the_player(morning: Seeded, visit: Visits) -> None:
    page = visit().sign_in()
    page.goto(page.url + f"lessons/{morning.places[0].ended}?why=routine")
    page.locator("lesson-player[ready]").wait_for()
    wait_until(page, "document.querySelector('lesson-player video').readyState >= 2")
    page.locator("lesson-timeline").scroll_into_view_if_needed()
    box = page.locator("lesson-timeline canvas").bounding_box()
    assert box is not None
    left, right = box["x"] + 84, box["x"] + box["width"] - 8
    whole = page.evaluate("JSON.parse(document.getElementById('lesson-data').textContent).view")
    wanted = page.evaluate("JSON.parse(document.getElementById('lesson-data').textContent).lessons[0].start") + 60_000
    x = left + (right - left) * (wanted - whole[0]) / (whole[1] - whole[0])
    page.mouse.click(x, box["y"] + 40)
    wait_until(page, "Math.abs(document.querySelector('lesson-player video').currentTime - 60) < 1")


def test_three_pictures_show_who_was_seen_and_move_the_player(morning: Seeded, visit: Visits) -> None:
    page = visit().sign_in()
    start = page.url
    page.goto(start + f"lessons/{morning.places[0].ended}")
    section = page.locator("#moments")
    expect(section.locator("figure")).to_have_count(3)
    expect(section.locator("image")).to_have_count(0)
    expect(section.locator("figure").nth(1)).to_contain_text("画面中 10 人,按座位 11 人(把握 99%),应到 11 人")
    page.get_by_role("button", name="打开录像").click()
    page.locator("lesson-player[ready]").wait_for()
    expect(section.get_by_role("img", name="记得座位 1 人")).to_have_count(1)
    for path in [image.get_attribute("href") for image in section.locator("image").all()]:
        answer = page.request.get(start + str(path).lstrip("/"))
        assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    wait_until(page, "document.querySelector('lesson-player video').readyState >= 2")
    section.get_by_role("button", name="从这一刻播放").nth(1).click()
    wait_until(page, "Math.abs(document.querySelector('lesson-player video').currentTime - 30) < 1")


def test_lesson_page_explains_the_verdict(morning: Seeded, visit: Visits) -> None:
    page = visit().sign_in()
    start = page.url
    page.goto(start + f"lessons/{morning.places[1].ended}")
    card = page.locator(".verdict")
    expect(card).to_contain_text("建议不认定")
    expect(card).to_contain_text("画面中的人数明显少于应当可见的人数")
    expect(card).to_contain_text("要求 11 人,按座位最多 6 人,单张画面最多 6 人")
    expect(card).to_contain_text("中心按现场设备报来的证据重算,与其结论一致")
    page.get_by_text("用表格看同样的内容").click()
    expect(page.get_by_role("cell", name="有录像").first).to_be_visible()
    page.goto(start + f"lessons/{morning.places[3].ended}")
    expect(page.get_by_text("片段还没有传到")).to_be_visible()
    page.goto(start + f"lessons/{morning.places[2].ended}")
    expect(page.get_by_text("没有取证片段")).to_be_visible()


def test_language_switch_is_kept(morning: Seeded, visit: Visits) -> None:
    page = visit().sign_in()
    page.get_by_role("button", name="EN").click()
    expect(page.get_by_role("heading", name="Today's lessons")).to_be_visible()
    page.goto(page.url + f"lessons/{morning.places[1].ended}")
    expect(page.locator(".verdict")).to_contain_text("Fail proposed")
    assert page.locator("html").get_attribute("lang") == "en"


def test_without_script_the_pages_still_say_everything(morning: Seeded, visit: Visits) -> None:
    page = visit(java_script_enabled=False).sign_in()
    expect(page.locator("article").first).to_be_visible()
    page.goto(page.url + f"lessons/{morning.places[0].ended}?why=routine")
    assert page.locator("video").get_attribute("controls") is not None
    expect(page.locator(".verdict")).to_contain_text("合格")
    expect(page.locator("#moments image")).to_have_count(3)
    expect(page.get_by_role("button", name="从这一刻播放")).to_have_count(0)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1366", "390"])
def test_pages_are_accessible_and_fit(morning: Seeded, visit: Visits, size: tuple[int, int], language: str) -> None:
    inspector = visit(size)
    page = inspector.sign_in()
    inspector.context.add_cookies([{"name": "language", "value": language, "url": inspector.base}])
    ended = [f"/lessons/{place.ended}" for place in morning.places]
    faults = {}
    for path in ("/", *ended, f"{ended[0]}?why=routine", f"/lessons/{morning.places[0].running}"):
        page.goto(inspector.base + path)
        faults[path] = axe_faults(page) + (["wider than the window"] if sideways(page) else [])
    page.get_by_role("button", name="退出" if language == "zh" else "Sign out").click()
    page.wait_for_url("**/login*")
    faults["/login"] = axe_faults(page)
    assert not {path: found for path, found in faults.items() if found}
