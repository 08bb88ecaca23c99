"""<live-tile> in Chromium against a real practice camera, box part and centre."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import Request, Response
from playwright.sync_api import Browser, Page

from device_adapters.simulator.practice import PracticeCameras
from device_adapters.simulator.script import CameraSpec
from supervisor.app import app_of
from supervisor.callers import SESSION_COOKIE
from supervisor.console.rendering import _POLICY, bundle
from tests.browser.test_console_pages import wait_until
from tests.support.centre_server import serving_app
from tests.support.live import LiveCounty, live_box, live_county

pytestmark = pytest.mark.browser
LIMIT_MS = 60_000
PAGE = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>live</title>
<link rel="icon" href="data:,"><main></main>
<script type="module" src="/static/{script}"></script></html>"""
PUT = """([camera, mode]) => {
  window.states = [];
  document.addEventListener("tile-state", (event) => window.states.push(event.detail));
  const tile = document.createElement("live-tile");
  tile.setAttribute("camera", camera);
  tile.setAttribute("mode", mode);
  document.querySelector("main").append(tile);
}"""


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> LiveCounty:
    return live_county(tmp_path_factory.mktemp("centre"))


@pytest.fixture(scope="module")
def live(county: LiveCounty, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page with nothing but what the console's own pages allow, and a camera to look at."""

    def page(request: Request) -> Response:
        policy = _POLICY.format(script="", style="")
        html = PAGE.format(script=bundle()["live-tile.js"])
        return Response(html, media_type="text/html", headers={"Content-Security-Policy": policy})

    app = app_of(county.centre)
    app.add_api_route("/live-tile-test", page)
    with PracticeCameras([CameraSpec(path="/sub", picture="clock")]) as cameras, serving_app(app) as url:
        folder: Path = tmp_path_factory.mktemp("box")
        with live_box(folder, url, county.box, county.key_pem, cameras[0].url):
            yield url


@pytest.fixture
def page(live: str, county: LiveCounty, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    context.add_cookies([{"name": SESSION_COOKIE, "value": county.token, "url": live}])
    opened, complaints = context.new_page(), []
    opened.set_default_timeout(LIMIT_MS)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.goto(f"{live}/live-tile-test")
    yield opened
    context.close()
    assert complaints == []


def test_moving_pictures_play_near_to_now(page: Page, county: LiveCounty) -> None:
    page.evaluate(PUT, [county.cameras[0], "video"])
    page.wait_for_selector("live-tile[ready][state=video]")
    moves = "document.querySelector('live-tile').shadowRoot.querySelector('video')"
    wait_until(page, f"{moves}.currentTime > 0 && {moves}.videoWidth === 640 && !{moves}.hidden")
    before = page.evaluate(f"{moves}.getVideoPlaybackQuality().totalVideoFrames")
    wait_until(page, f"{moves}.getVideoPlaybackQuality().totalVideoFrames > {before + 20}")
    behind = page.evaluate(f"{moves}.buffered.end({moves}.buffered.length - 1) - {moves}.currentTime")
    assert behind < 1.5
    last = page.evaluate("window.states[window.states.length - 1]")
    assert (last["camera"], last["state"], last["reason"]) == (county.cameras[0], "video", None)


def test_stills_are_shown_and_a_tile_may_change_its_mind(page: Page, county: LiveCounty) -> None:
    page.evaluate(PUT, [county.cameras[0], "picture"])
    page.wait_for_selector("live-tile[ready][state=picture]")
    still = "document.querySelector('live-tile').shadowRoot.querySelector('img')"
    assert page.evaluate(f"[{still}.naturalWidth, {still}.hidden]") == [640, False]
    page.evaluate("document.querySelector('live-tile').setAttribute('mode', 'video')")
    page.wait_for_selector("live-tile[state=video]")
    wait_until(page, f"{still}.hidden")
    page.evaluate("document.querySelector('main').append(document.querySelector('live-tile'))")  # as a wall does
    page.wait_for_selector("live-tile[ready][state=video]")


def test_who_may_not_look_is_told_and_does_not_ask_again(page: Page, county: LiveCounty) -> None:
    page.evaluate(PUT, [county.county.schools[0].room, "video"])  # no camera's id
    page.wait_for_selector("live-tile[state=down]")
    assert page.evaluate("window.states[window.states.length - 1].reason") == "CAMERA_NOT_FOUND"
    assert page.locator("live-tile[ready]").count() == 0
