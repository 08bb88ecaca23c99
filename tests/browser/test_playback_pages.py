"""Playback in a real browser: from the chooser to a second of a day; pictures on one clock; pins and pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from config.settings import CentreSettings
from supervisor.lessons.models import ViewLog
from supervisor.playback.models import Snapshot
from tests.browser.conftest import NARROW, Visit
from tests.browser.test_console_pages import axe_faults, sideways, wait_until
from tests.support.centre_server import serving
from tests.support.room_day import WORST_MS, WatchedDay, watched_day

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
LEFT, RIGHT = 84, 8  # px of the canvas beside the time axis


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> WatchedDay:
    return watched_day(CentreSettings(data_dir=tmp_path_factory.mktemp("centre")), clips=2)


@pytest.fixture(scope="module")
def base(day: WatchedDay) -> Iterator[str]:
    with serving(day.centre) as url:
        yield url


def opened(visit: Visits, day: WatchedDay, query: str = "?why=routine", **options: object) -> Page:
    page = visit(**options).sign_in()
    page.goto(page.url + day.path + query)
    page.locator("room-day[ready]").wait_for()
    return page


def in_view(page: Page) -> tuple[float, float]:
    start, end = page.evaluate("document.querySelector('lesson-timeline').inView")
    return start, end


def point_at(page: Page, at: float) -> tuple[float, float]:
    """Where on the screen a time is, in the row of the first camera."""
    canvas = page.locator("lesson-timeline canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    start, end = in_view(page)
    width = box["width"] - LEFT - RIGHT
    return box["x"] + LEFT + width * (at - start) / (end - start), box["y"] + 60


def clock(page: Page) -> str:
    return page.locator("parallel-player output").inner_text()


def test_from_the_menu_to_the_last_day_with_lessons_and_by_search(day: WatchedDay, visit: Visits) -> None:
    page = visit().sign_in()
    page.get_by_role("link", name="回放", exact=True).click()
    expect(page.get_by_role("heading", name="回放", level=1)).to_be_visible()
    expect(page.locator(".room-list li.card")).to_have_count(1)
    expect(page.locator(".shapes .mark")).to_have_count(8)
    page.get_by_role("searchbox").fill("没有这个班")
    page.get_by_label("哪一天").fill("")
    page.get_by_role("button", name="查找").click()
    expect(page.get_by_text("没有找到有课的教室")).to_be_visible()
    page.get_by_role("searchbox").fill("26-112")
    page.get_by_role("button", name="查找").click()
    page.get_by_role("link", name="实操间2").click()
    expect(page).to_have_url(f"{page.url.split('/rooms')[0]}/{day.path}")
    expect(page.locator(".hours li")).to_have_count(8)


def test_pictures_come_after_a_reason_and_are_entered_in_the_register(day: WatchedDay, visit: Visits) -> None:
    page = opened(visit, day, "")
    expect(page.locator("parallel-player")).to_have_count(0)
    page.get_by_label("查看事由").select_option("complaint")
    page.get_by_role("button", name="打开录像").click()
    page.locator("parallel-player[ready]").wait_for()
    wait_until(page, "document.querySelector('parallel-player video').readyState >= 2")
    with day.centre.uow.read() as session:
        seen = session.execute(select(ViewLog.lesson_hour_id, ViewLog.what).where(ViewLog.reason == "complaint")).all()
    assert [tuple(row) for row in seen] == [(day.lessons[0], "playback")]  # and no other lesson hour of the day


def test_the_wheel_zooms_to_seconds_about_the_pointer_and_a_drag_pans(day: WatchedDay, visit: Visits) -> None:
    page = opened(visit, day)
    at = day.starts[0] + 20 * 60_000
    page.mouse.move(*point_at(page, at))
    for _ in range(60):
        page.mouse.wheel(0, -100)
    wait_until(page, "(([a, b]) => b - a < 6000)(document.querySelector('lesson-timeline').inView)")
    start, end = in_view(page)
    assert (start + end) / 2 == pytest.approx(at, abs=30_000)  # a pixel of the whole day is 25 s
    x, y = point_at(page, (start + end) / 2)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 200, y, steps=4)
    page.mouse.up()
    moved = in_view(page)
    assert moved[0] > start and moved[1] - moved[0] == pytest.approx(end - start)
    page.get_by_role("button", name="全天").click()
    assert in_view(page)[1] - in_view(page)[0] > 9 * 3_600_000
    page.get_by_role("button", name="本课时").click()
    assert in_view(page)[1] - in_view(page)[0] < 3_600_000


def test_a_click_in_a_gap_goes_to_the_nearest_recorded_moment(day: WatchedDay, visit: Visits) -> None:
    page = opened(visit, day)
    page.mouse.click(*point_at(page, day.starts[5] + 6 * 60_000))  # every camera's line is lost from 14:49 to 15:23
    assert clock(page) == "14:48:59"
    expect(page.locator(".no-picture")).to_contain_text("只在现场设备里")


def test_typed_times_and_the_worst_moment(day: WatchedDay, visit: Visits) -> None:
    page = opened(visit, day)
    field = page.get_by_role("textbox", name="跳到")
    field.fill("9:25:30")
    field.press("Enter")
    assert clock(page) == "09:25:30"
    field.fill("十点")
    field.press("Enter")
    expect(page.get_by_role("status").last).to_have_text("请写成 10:24 或 10:24:38")
    page.get_by_role("button", name="全天").click()
    page.get_by_role("button", name="人数最少的时刻").click()
    assert clock(page) == "10:25:00"
    expect(page.locator("[data-said]")).to_contain_text("看见 2 人,要求 13 人")
    assert in_view(page)[0] < day.starts[2] + WORST_MS < in_view(page)[1]


def test_the_timeline_and_the_tables_by_keyboard(day: WatchedDay, visit: Visits) -> None:
    page = opened(visit, day)
    timeline = page.locator("lesson-timeline")
    timeline.focus()
    whole = in_view(page)
    for _ in range(4):
        page.keyboard.press("+")
    zoomed = in_view(page)
    assert zoomed[1] - zoomed[0] < 0.5 * (whole[1] - whole[0])
    page.keyboard.press("Home")
    assert in_view(page)[0] == whole[0]
    page.keyboard.press("ArrowRight")
    assert in_view(page)[0] > whole[0]
    page.get_by_text("每分钟的人数 (").press("Enter")
    row = page.get_by_role("row").filter(has_text="10:25:00").last
    expect(row).to_contain_text("少 11")
    row.get_by_role("button").press("Enter")
    assert clock(page) == "10:25:00"
    assert page.locator("details[open] tbody tr").count() == 326


def test_two_cameras_play_on_one_clock_and_a_gap_shows_no_picture(day: WatchedDay, visit: Visits) -> None:
    page = opened(visit, day)
    page.get_by_role("button", name="双路同步").click()
    front, back = page.locator(".tile-picture").first, page.locator(".tile-picture").last
    expect(front).to_contain_text("front")
    expect(back.locator(".no-picture")).to_have_text("这一刻没有录像:连不上摄像头")
    page.locator("parallel-player").press("2")  # twice as fast
    page.locator("parallel-player").press(" ")
    wait_until(page, "document.querySelector('.tile-picture video').currentTime > 21", 30)
    expect(back.locator(".no-picture")).to_be_hidden()
    wait_until(page, "document.querySelectorAll('.tile-picture video')[1].currentTime > 2")
    page.locator("parallel-player").press(" ")
    page.wait_for_timeout(600)
    ahead = page.evaluate("(([a, b]) => a.currentTime - b.currentTime)([...document.querySelectorAll('video')])")
    assert ahead == pytest.approx(20, abs=0.25)  # the second camera's clip begins 20 s later
    captions = page.locator("figcaption span:first-of-type").all_inner_texts()
    assert len(set(captions)) == 1 and captions[0].startswith("08:40:2")


def test_steps_of_ten_seconds_and_of_one_picture(day: WatchedDay, visit: Visits) -> None:
    page = opened(visit, day)
    wait_until(page, "document.querySelector('parallel-player video').readyState >= 2")
    player = page.locator("parallel-player")
    player.press("ArrowRight")
    player.press("ArrowRight")
    player.press("ArrowLeft")
    wait_until(page, "Math.abs(document.querySelector('parallel-player video').currentTime - 10) < 0.05")
    player.press(".")
    wait_until(page, "document.querySelector('parallel-player video').currentTime > 10.02")
    player.get_by_label("播放速度").select_option("16")
    player.get_by_role("button", name="播放", exact=True).click()
    wait_until(page, "document.querySelector('parallel-player video').playbackRate > 12")


def test_nine_parts_of_one_clip_and_the_classs_lesson_hours_side_by_side(day: WatchedDay, visit: Visits) -> None:
    page = opened(visit, day)
    page.get_by_role("button", name="分段回放").click()
    expect(page.locator(".tile-picture")).to_have_count(9)
    expect(page.locator("[data-said]")).to_have_text("九窗平分取证片段 08:40:00–08:41:00;整个课时是 08:30:00–09:15:00")
    wait_until(page, "[...document.querySelectorAll('.tile-picture video')].every((one) => one.readyState >= 2)", 40)
    times = page.evaluate("[...document.querySelectorAll('.tile-picture video')].map((one) => one.currentTime)")
    assert times == pytest.approx([number * 60 / 9 for number in range(9)], abs=0.3)
    page.locator(".tile-picture").nth(4).click()
    expect(page.locator(".tile-picture")).to_have_count(1)
    assert clock(page) == "08:40:26"
    page.get_by_role("button", name="九课时并列").click()
    expect(page.locator("figcaption b")).to_have_text(["11-24 第1课时 back", "11-24 第2课时 back"])


def test_a_snapshot_has_the_digest_the_centre_keeps(day: WatchedDay, visit: Visits, tmp_path: Path) -> None:
    page = opened(visit, day)
    wait_until(page, "document.querySelector('parallel-player video').readyState >= 2")
    page.get_by_role("button", name="截图存证").click()
    kept = page.locator("[data-snapshots] li").first
    kept.wait_for()
    with page.expect_download() as download:
        kept.get_by_role("link", name="下载 PNG").click()
    download.value.save_as(tmp_path / "picture.png")
    digest = hashlib.sha256((tmp_path / "picture.png").read_bytes()).hexdigest()
    expect(kept).to_contain_text(digest)
    expect(kept).to_contain_text("front · 08:40:00 · 640×360 · 王督导")
    with day.centre.uow.read() as session:
        row = session.scalars(select(Snapshot).where(Snapshot.sha256 == digest)).one()
        assert (row.lesson_hour_id, row.camera_id) == (day.lessons[0], day.cameras[0])
        assert session.scalars(select(ViewLog.what).where(ViewLog.what == "export")).all() == ["export"]


def test_a_bookmark_is_listed_drawn_and_there_after_a_reload(day: WatchedDay, visit: Visits) -> None:
    page = opened(visit, day)
    page.locator("parallel-player").press("b")
    page.keyboard.type("后排有人离开")
    page.keyboard.press("Enter")
    row = page.locator("[data-bookmarks] tr").last
    expect(row).to_contain_text("08:40:00")
    expect(row).to_contain_text("后排有人离开")
    page.reload()
    expect(page.locator("[data-bookmarks] tr").last).to_contain_text("王督导")


def test_a_lock_is_placed_here_and_leads_back_here(day: WatchedDay, visit: Visits) -> None:
    page = opened(visit, day)
    page.get_by_text("锁定这个课时的证据").click()
    page.get_by_label("说明", exact=True).fill("家长投诉,等核查")
    page.get_by_label("到哪一天").fill("2027-03-01")
    page.get_by_role("button", name="锁定", exact=True).click()
    expect(page.locator("#holds")).to_contain_text("家长投诉,等核查")
    assert f"/{day.path}?why=routine" in page.url


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_cut_off_and_axe_finds_nothing(day: WatchedDay, visit: Visits, language: str) -> None:
    for size in ((1366, 800), NARROW):
        inspector = visit(size)
        page = inspector.sign_in()
        inspector.context.add_cookies([{"name": "language", "value": language, "url": inspector.base}])
        for path in ("rooms", f"{day.path}?why=routine", day.path):
            page.goto(f"{inspector.base}/{path}")
            page.locator("room-day[ready], .room-list").wait_for()
            for summary in page.locator("#holds summary, section:last-child > details:nth-of-type(1) > summary").all():
                summary.click()
            assert axe_faults(page) == []
            assert sideways(page) <= 0
