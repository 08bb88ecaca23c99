"""The inspector patrols a live practice camera: the clock burnt into its picture moves, and only then can be signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from device_adapters.simulator.practice import PracticeCameras
from device_adapters.simulator.script import CameraSpec
from supervisor.callers import SESSION_COOKIE
from supervisor.contract.state import BoxState, CameraReport, CameraStatus, DiskReport
from supervisor.devices.service import report_state
from supervisor.lessons.models import ViewLog
from supervisor.patrol.models import Patrol, PatrolClosing, PatrolMark, PatrolRoundTile
from tests.browser.conftest import Visit
from tests.support.centre_server import serving
from tests.support.live import LiveCounty, live_box, live_county

pytestmark = pytest.mark.browser

CLOCK = """() => {
  const video = document.querySelector("live-tile")?.shadowRoot.querySelector("video");
  if (!video || video.readyState < 2) return null;
  const canvas = new OffscreenCanvas(640, 4), ink = canvas.getContext("2d");
  ink.drawImage(video, 0, 8, 640, 4, 0, 0, 640, 4);
  const row = ink.getImageData(0, 1, 640, 1).data, octets = [0, 0, 0, 0];
  for (let bit = 0; bit < 32; bit++) if (row[(bit * 20 + 10) * 4] > 128) octets[bit >> 3] |= 128 >> (bit & 7);
  if ((octets[0] ^ octets[1] ^ octets[2] ^ 255) !== octets[3]) return null;
  return (octets[0] << 16) | (octets[1] << 8) | octets[2];
}"""
"""Milliseconds modulo 2**24, read from the bars of device_adapters.simulator.stamp."""


@pytest.fixture
def made(tmp_path: Path) -> Iterator[tuple[LiveCounty, str]]:
    county = live_county(tmp_path / "centre")
    now = county.centre.clock.now()
    camera = CameraReport(
        camera_id=county.cameras[0], status=CameraStatus.RECORDING, since=now - timedelta(minutes=1),
        last_picture_at=now, people=3, people_at=now, bytes_recorded=1,
    )  # fmt: skip
    state = BoxState(
        at=now, version="test", cameras=(camera,), lessons=(), backlog_entries=0, backlog_clips=0,
        disk=DiskReport(total_bytes=2, free_bytes=1, admission_ok=True),
    )  # fmt: skip
    report_state(county.centre, UUID(county.box), state)
    with (
        PracticeCameras([CameraSpec(path="/sub", picture="clock")]) as cameras,
        serving(county.centre) as url,
        live_box(tmp_path / "box", url, county.box, county.key_pem, cameras[0].url),
    ):
        yield county, url


@pytest.fixture
def page(made: tuple[LiveCounty, str], chromium: Browser) -> Iterator[Page]:
    county, url = made
    context = chromium.new_context(viewport={"width": 1366, "height": 800}, timezone_id="America/New_York")
    context.add_cookies([{"name": SESSION_COOKIE, "value": county.token, "url": url}])
    visit = Visit(url, context)
    page = visit.page()
    page.goto(f"{url}/wall")
    yield page
    context.close()
    assert visit.outside == []
    assert visit.complaints == []


def read(page: Page, found: Callable[[int], bool] = lambda at: True) -> int:
    for _ in range(100):
        at = page.evaluate(CLOCK)
        if at is not None and found(at):
            return int(at)
        page.wait_for_timeout(100)
    raise AssertionError("the picture told no time")


@pytest.mark.rule("A-23", "A-25")
def test_an_inspector_patrols_a_live_camera_and_signs_off(made: tuple[LiveCounty, str], page: Page) -> None:
    county, _ = made
    lesson = county.school.lesson
    tile = page.locator(f"#t-{lesson}")
    page.locator("live-tile[ready]").wait_for()
    first = read(page)
    later = read(page, lambda at: at != first)
    assert 0 < (later - first) % 2**24 < 10_000
    expect(tile.locator(".fresh")).to_contain_text("实时")
    expect(tile.locator(".veil")).to_be_hidden()

    page.evaluate("document.querySelector('live-tile').kept = true")
    with page.expect_response(lambda answer: "/wall/parts" in answer.url):
        pass
    assert page.evaluate("document.querySelector('live-tile').kept"), "new numbers load no picture again"

    page.keyboard.press("1")
    page.locator("#panel-body").wait_for()
    assert page.evaluate("document.querySelector('live-tile').kept"), "nor does enlarging"
    with page.expect_download() as saved:
        page.keyboard.press("s")
    assert Path(saved.value.path()).read_bytes()[:4] == b"\x89PNG"
    expect(page.locator("#say")).to_contain_text("指纹")
    page.keyboard.press("Escape")

    page.keyboard.press("g")
    shows = page.locator("#sign .shows")  # the other school's room has no box that streams
    expect(shows.first).to_contain_text("有实时画面")
    expect(shows.nth(1)).to_have_text("此刻没有画面,不登记")
    page.locator("#sign select").select_option("normal")
    page.get_by_role("button", name="确认登记").click()
    expect(page.locator("#say")).to_have_text("本组 2 个课堂,已登记巡查 1 个")
    expect(tile.locator(".been")).to_contain_text("已巡")
    with county.centre.uow.read() as session:
        patrol, closing = session.execute(
            select(Patrol, PatrolClosing).join(PatrolClosing, PatrolClosing.patrol_id == Patrol.id)
        ).one()
        signed = session.scalars(select(PatrolRoundTile).where(PatrolRoundTile.patrol_id.is_not(None))).one()
        refused = session.scalars(select(PatrolRoundTile).where(PatrolRoundTile.patrol_id.is_(None))).one()
        (mark,) = session.scalars(select(PatrolMark)).all()
        register = select(ViewLog.what, ViewLog.at).where(ViewLog.lesson_hour_id == patrol.lesson_hour_id)
        looked = session.execute(register.order_by(ViewLog.at)).all()
    assert (str(patrol.lesson_hour_id), patrol.cameras, closing.findings) == (lesson, county.cameras, ["normal"])
    assert (refused.shown, refused.reason) == ("nothing", "nothing_shown")
    assert (signed.shown, signed.patrol_id) == ("video", patrol.id)
    assert signed.shown_ms > 2000
    assert (mark.kind, len(mark.sha256 or "")) == ("snapshot", 64)
    assert [what for what, _ in looked] == ["patrol", "export", "patrol"]
    assert looked[0][1] <= patrol.opened_at < closing.at, "on record before the first picture"
