"""The panel at the box's own screen, in a browser: a session from start to result, zones by hand and by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from config.clock import SystemClock
from config.settings import EdgeSettings
from edge_agent.lessons.plan import PlanStore
from edge_agent.opening import OpenBox
from edge_agent.panel.desk import Desk
from edge_agent.vision.view import view_of
from supervisor.contract.zones import CameraZones
from tests.browser.conftest import NARROW, WIDE, Visit
from tests.browser.test_console_pages import axe_faults
from tests.support.box import Box, camera_of
from tests.support.centre_server import serving_app
from tests.support.classroom import panel_of
from tests.support.practice_class import PEOPLE, box_at_the_class, practice_class

pytestmark = pytest.mark.browser

SESSION = """async ([camera, known]) => (await import("/static/talk.js")).post(
    "/acceptance/start", {camera, known, minutes: 0.035, every_s: 0.1})"""
"""As the form does, but for a session of a few seconds."""


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Box, str]]:
    with practice_class() as camera:
        box, config = box_at_the_class(tmp_path_factory.mktemp("box"), camera.url)
        settings = EdgeSettings.load(config)
        clock = SystemClock()
        opened = OpenBox(box.work, box.paths)
        desk = Desk(opened, settings, clock)
        with serving_app(panel_of(opened, PlanStore(box.work), settings, clock, desk)) as url:
            yield box, url
        desk.stop()


@pytest.fixture(scope="module")
def base(panel: tuple[Box, str]) -> str:
    return panel[1]


def zones_of(box: Box) -> CameraZones:
    with box.work.read() as session:
        return view_of(session, str(camera_of().camera_id)).zones or CameraZones()


def fits(page: Page) -> None:
    """Nothing that axe finds fault with, no sideways scrolling, no text below 16 px, nothing to press below 48 px."""
    assert axe_faults(page) == []
    width, wide = page.evaluate("[innerWidth, document.documentElement.scrollWidth]")
    assert wide <= width
    sizes = page.evaluate("[...document.querySelectorAll('body *')].map(e => parseFloat(getComputedStyle(e).fontSize))")
    assert min(sizes) >= 16
    for each in page.locator("button, a, select, input[type=number], label.kind, summary").all():
        box = each.bounding_box()
        hidden = box is None or box["height"] == 0  # in the closed part
        assert hidden or box["height"] >= 48, each.evaluate("e => e.outerHTML")


def test_a_session_is_started_followed_and_shown_with_its_heat_map(base: str, visit: Callable[..., Visit]) -> None:
    page = visit(WIDE).page()
    page.goto(f"{base}/acceptance?lang=zh")
    assert page.evaluate(SESSION, ["room-a", PEOPLE])
    page.reload()
    expect(page.locator("#told")).to_contain_text(f"数到 {PEOPLE} · 应有 {PEOPLE}", timeout=60_000)
    page.locator("#result").wait_for(timeout=60_000)
    expect(page.locator("#result ~ .big")).to_contain_text("本次合格")
    expect(page.locator(".missing")).to_contain_text("还差 2 个时段")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("figure img")).to_have_js_property("naturalWidth", 1280)
    fits(page)
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    page.get_by_role("link", name="English").click()
    expect(page.locator("#result ~ .big")).to_contain_text("this session is good")
    fits(page)


def test_zones_are_drawn_by_hand_and_by_keyboard(panel: tuple[Box, str], visit: Callable[..., Visit]) -> None:
    box, base = panel
    page = visit(WIDE).page()
    page.goto(f"{base}/acceptance?lang=en")
    page.locator("summary").click()
    expect(page.locator("#still")).to_have_js_property("naturalWidth", 1280)
    drawing = page.locator("#drawing")
    size = drawing.bounding_box()
    assert size is not None
    for x, y in ((0.1, 0.3), (0.9, 0.3), (0.9, 0.95), (0.1, 0.95), (0.5, 0.5)):
        drawing.click(position={"x": x * size["width"], "y": y * size["height"]})
    page.locator("#undo").click()
    page.locator("#finish").click()
    page.get_by_label("Mask").check()
    drawing.focus()
    for key in ("Shift+ArrowUp", "Space", "ArrowRight", "Space", "ArrowDown", "Space", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#shapes li")).to_have_count(2)
    fits(page)
    with page.expect_navigation():
        page.locator("#save").click()
    zones = zones_of(box)
    assert zones.masks == (((0.5, 0.45), (0.51, 0.45), (0.51, 0.46)),)
    assert [(round(x, 1), round(y, 2)) for x, y in zones.seats[0]] == [(0.1, 0.3), (0.9, 0.3), (0.9, 0.95), (0.1, 0.95)]
    expect(page.locator("tbody")).to_have_count(0)  # acceptance begins anew
    page.locator("summary").click()
    for _ in range(2):
        page.locator("#shapes button").first.click()
    with page.expect_navigation():
        page.locator("#save").click()
    assert zones_of(box) == CameraZones()
