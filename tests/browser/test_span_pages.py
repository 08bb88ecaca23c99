"""Raw recording in a real browser: asked for on the room's day, followed to its arrival, played for what it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from config.clock import CHINA
from config.settings import CentreSettings
from supervisor.accounts.models import Account
from supervisor.contract.span import SpanGap
from supervisor.lessons.models import ViewLog
from supervisor.rules.evidence import GapReason
from supervisor.spans import uploads
from supervisor.spans.models import RawSpan
from tests.browser.conftest import NARROW, Visit
from tests.browser.test_console_pages import axe_faults, sideways, wait_until
from tests.support.centre_server import serving
from tests.support.drawn_class import film
from tests.support.fetched_span import FILM_S, answer, tell
from tests.support.room_day import WatchedDay, watched_day

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
MINUTE_MS = 60_000


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> WatchedDay:
    made = watched_day(CentreSettings(data_dir=tmp_path_factory.mktemp("centre")), cameras=2, clips=1)
    tell(made)
    with made.centre.uow.write() as session:  # whoever signs in is an inspector
        session.execute(update(Account).values(role="inspector"))
    return made


@pytest.fixture(scope="module")
def base(day: WatchedDay) -> Iterator[str]:
    with serving(day.centre) as url:
        yield url


@pytest.fixture(scope="module")
def content() -> bytes:
    return film(11, seconds=FILM_S, tone=150)


def asked(day: WatchedDay) -> RawSpan:
    with day.centre.uow.read() as session:
        row = session.scalars(select(RawSpan).order_by(RawSpan.asked_at.desc(), RawSpan.id.desc())).first()
    assert row is not None
    return row


def opened(visit: Visits, day: WatchedDay, query: str = "") -> Page:
    day.clock.step(1)  # the newest request comes first
    page = visit().sign_in()
    page.goto(f"{page.url}{day.path}{query}")
    page.locator("room-day[ready]").wait_for()
    return page


def ask(page: Page, start: str, end: str) -> None:
    page.get_by_label("从", exact=True).fill(start)
    page.get_by_label("到", exact=True).fill(end)
    page.locator(".span-form").get_by_label("查看事由").select_option("complaint")
    page.get_by_role("button", name="取这一段原始录像").click()


def seen(page: Page, name: str) -> None:
    if folder := os.environ.get("SPAN_SCREENS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_a_stretch_is_asked_for_followed_and_played_as_what_it_is(
    day: WatchedDay, visit: Visits, content: bytes
) -> None:
    page = opened(visit, day)
    ask(page, "9:20", "9:25:00")
    row = page.locator("[data-span]").first
    expect(row).to_contain_text("09:20:00–09:25:00")
    expect(row).to_contain_text("等现场设备剪出这一段。")
    expect(page.get_by_role("progressbar", name="已取到的部分")).to_have_attribute("value", "0")
    span = asked(day)
    assert (span.start_ms, span.end_ms) == (day.starts[1] + 5 * MINUTE_MS, day.starts[1] + 10 * MINUTE_MS)
    gap = SpanGap(
        start_ms=span.start_ms + FILM_S * 1000, end_ms=span.end_ms, reason=GapReason.LINE_LOST
    )  # what there is is short: so it is drawn
    answer(day, span, content, (gap,))
    half = len(content) // 2
    uploads.receive(day.centre, day.box_id, span.id, 0, content[:half])
    expect(row).to_contain_text("正在上传")
    expect(row.get_by_role("progressbar")).to_have_attribute("value", str(half * 100 // len(content)))
    seen(page, "fetching")
    uploads.receive(day.centre, day.box_id, span.id, half, content[half:])
    expect(row).to_contain_text("原始录像,未作为取证片段;由现场设备签名(其记录第 8 条)")
    expect(row).to_contain_text("其中没有画面: 09:20:20–09:25:00 断线")
    row.get_by_role("link", name="播放这一段").click()
    page.locator("parallel-player[ready]").wait_for()
    wait_until(page, "document.querySelector('parallel-player video').readyState >= 2")
    expect(page.locator("parallel-player output")).to_have_text("09:20:00")
    expect(page.locator(".tile-picture figcaption")).to_contain_text("原始录像,未作为取证片段")
    page.locator("parallel-player").press(" ")
    wait_until(page, "document.querySelector('parallel-player video').currentTime > 1.5")
    page.locator("parallel-player").press(" ")
    seen(page, "here")
    with day.centre.uow.read() as session:
        lines = session.execute(select(ViewLog.what, ViewLog.reason).where(ViewLog.lesson_hour_id == day.lessons[1]))
        assert {tuple(line) for line in lines} == {("recording", "complaint")}
    page.get_by_role("button", name="分段回放").click()
    expect(page.locator(".tile-picture")).to_have_count(9)
    expect(page.locator("[data-said]")).to_contain_text("九窗平分整个课时 09:15:00–10:00:00")
    expect(page.locator(".tile-picture").nth(1)).to_contain_text("09:20:00")
    wait_until(page, "document.querySelectorAll('.tile-picture video')[1].readyState >= 2")
    expect(page.locator(".tile-picture").nth(5).locator(".no-picture")).to_contain_text("只在现场设备里")
    page.get_by_role("button", name="单路").click()
    page.get_by_role("textbox", name="跳到").fill("9:20:01")
    page.get_by_role("textbox", name="跳到").press("Enter")
    wait_until(page, "document.querySelector('.tile-picture video').readyState >= 2")
    page.get_by_role("button", name="截图存证").click()
    expect(page.locator("[data-snapshots] li").first).to_contain_text("front · 09:20:0")


def test_nothing_recorded_is_said(day: WatchedDay, visit: Visits) -> None:
    page = opened(visit, day)
    ask(page, "14\uff1a50", "14:55")  # the colon of a Chinese keyboard
    row = page.locator("[data-span]").first
    expect(row).to_contain_text("已提出")
    span = asked(day)
    gap = SpanGap(start_ms=span.start_ms, end_ms=span.end_ms, reason=GapReason.LINE_LOST)
    answer(day, span, None, (gap,))
    expect(row).to_contain_text("没有录到")
    expect(row).to_contain_text("现场设备没有这段时间的录像。")
    expect(row).to_contain_text("14:50:00–14:55:00 断线")
    assert page.locator("#span-list").get_attribute("hx-get") is None  # nothing is waited for


def test_what_is_wrong_with_the_request_is_said_beside_it(day: WatchedDay, visit: Visits) -> None:
    page = opened(visit, day)
    for start, end, said in (
        ("九点", "9:30", "时间请写成 10:24 或 10:24:38"),
        ("9:20", "9:36", "一段最长 15 分钟"),
        ("12:30", "12:35", "起止时间须在同一个课时之内"),
    ):
        ask(page, start, end)
        expect(page.locator("#span-fault")).to_contain_text(said)


def test_the_stretch_is_marked_where_the_clock_is(day: WatchedDay, visit: Visits) -> None:
    page = opened(visit, day, "?why=routine")
    for edge, at in ((0, "8:41:00"), (1, "8:44:30")):
        page.get_by_role("textbox", name="跳到").fill(at)
        page.get_by_role("textbox", name="跳到").press("Enter")
        page.locator("[data-span-edge]").nth(edge).click()
    expect(page.get_by_label("从", exact=True)).to_have_value("08:41:00")
    expect(page.get_by_label("到", exact=True)).to_have_value("08:44:30")


def test_a_box_without_a_line_is_named_as_what_is_waited_for(day: WatchedDay, visit: Visits) -> None:
    page = opened(visit, day)
    ask(page, "10:05", "10:06")
    row = page.locator("[data-span]").first
    expect(row).to_contain_text("等现场设备剪出这一段。")
    day.clock.step(3600)
    expect(row).to_contain_text("现场设备现在没有联网;联网后自动接着取")
    until = (asked(day).asked_at + timedelta(days=7)).astimezone(CHINA)
    expect(row).to_contain_text(f"{until:%m-%d %H:%M}")
    tell(day)


def test_looking_back_from_the_wall_offers_the_last_five_minutes(day: WatchedDay, visit: Visits) -> None:
    day.clock.step(1)
    page = visit().sign_in()
    page.goto(f"{page.url}lessons/{day.lessons[2]}/look-back?camera={day.cameras[1]}")
    page.locator("room-day[ready]").wait_for()
    expect(page.get_by_label("从", exact=True)).to_have_value("10:40:00")
    expect(page.get_by_label("到", exact=True)).to_have_value("10:45:00")
    expect(page.locator(".span-form select[name=camera]")).to_have_value(str(day.cameras[1]))
    page.get_by_role("button", name="取这一段原始录像").click()
    expect(page.locator("[data-span]").first).to_contain_text("10:40:00–10:45:00")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_cut_off_and_axe_finds_nothing(day: WatchedDay, visit: Visits, language: str) -> None:
    for size in ((1366, 800), NARROW):
        inspector = visit(size)
        page = inspector.sign_in()
        inspector.context.add_cookies([{"name": "language", "value": language, "url": inspector.base}])
        page.goto(f"{inspector.base}/{day.path}")
        page.locator("room-day[ready]").wait_for()
        assert axe_faults(page) == []
        assert sideways(page) <= 0
        seen(page, f"list-{language}-{size[0]}")
