"""`python -m tests.bench.timeline`: how smoothly a whole day of four cameras pans and zooms in a real Chromium.

The page is the console's own, from a real centre: eight lesson hours, four cameras, a count every five seconds. The
mouse drags the timeline to and fro at several zooms; every frame the browser shows meanwhile is timed by its own clock,
and so is the timeline's own work in it. Before that the page is left alone: what its frames take then is the machine's.
Prints one JSON object; `--check` fails when the 95th percentile is over 33 ms.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from config.settings import CentreSettings
from tests.browser.conftest import FLAGS
from tests.support.centre_server import serving
from tests.support.room_day import DAY, watched_day
from tests.support.seed import ADMIN

LIMIT_MS = 33
STEPS = 240
_TIMED = """
window.benchFrames = []; window.benchWork = [];
const ask = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (call) => ask((now) => {
  const begun = performance.now();
  call(now);
  window.benchWork.push(performance.now() - begun);
});
let last = performance.now();
(function frame(now) { window.benchFrames.push(now - last); last = now; ask(frame); })(last);
"""


def measured(page: Page, zooms: int) -> tuple[list[float], list[float]]:
    """Frame times, and the timeline's own work in them, in ms, while the mouse drags it to and fro, after so many turns
    of the wheel."""
    canvas = page.locator("lesson-timeline canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    middle, y = box["x"] + box["width"] / 2, box["y"] + 60
    page.mouse.move(middle, y)
    for _ in range(zooms):
        page.mouse.wheel(0, -100)
    page.wait_for_timeout(300)
    page.mouse.down()
    page.evaluate("() => { window.benchFrames.length = window.benchWork.length = 0; }")
    for step in range(STEPS):
        page.mouse.move(middle + 300 * ((step % 60) / 30 - 1 if step % 120 < 60 else 1 - (step % 60) / 30), y)
    times: tuple[list[float], list[float]] = page.evaluate("() => [window.benchFrames.slice(1), window.benchWork]")
    page.mouse.up()
    page.locator("[data-view=day]").click()
    return times


def left_alone(page: Page) -> list[float]:
    page.evaluate("() => { window.benchFrames.length = 0; }")
    page.wait_for_timeout(5000)
    frames: list[float] = page.evaluate("() => window.benchFrames.slice(1)")
    return frames


def figures(times: list[float]) -> dict[str, float]:
    return {
        "frames": len(times),
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(statistics.quantiles(times, n=20)[18], 1),
        "max_ms": round(max(times), 1),
    }


def main(check: bool) -> None:
    found = shutil.which("chromium")
    if found is None:
        raise SystemExit("chromium missing: run .ci/install-parts")
    said: dict[str, Any] = {"load_before": [round(one, 1) for one in os.getloadavg()], "cpus": os.cpu_count()}
    with tempfile.TemporaryDirectory() as data:
        day = watched_day(CentreSettings(data_dir=Path(data)))
        with serving(day.centre) as base, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=Path(found), args=FLAGS)
            page = browser.new_context(viewport={"width": 1366, "height": 800}).new_page()
            page.goto(f"{base}/login")
            page.locator("[name=username]").fill(ADMIN[0])
            page.locator("[name=password]").fill(ADMIN[1])
            page.locator("main button").click()
            page.wait_for_url(f"{base}/")
            page.goto(f"{base}/{day.path}")
            page.locator("room-day[ready]").wait_for()
            page.evaluate(f"() => {{ {_TIMED} }}")
            shown = page.request.get(f"{base}/api/rooms/{day.room_id}/days/{DAY}").json()
            said["samples"] = len(shown["counts"])
            said["spans"] = sum(len(camera["spans"]) for camera in shown["cameras"])
            said["left_alone"] = figures(left_alone(page))
            runs = {name: measured(page, zooms) for name, zooms in (("day", 3), ("hours", 8), ("minutes", 16))}
            said["chromium"] = browser.version
            browser.close()
    said |= {name: figures(frames) for name, (frames, _) in runs.items()}
    said["all"] = figures([one for frames, _ in runs.values() for one in frames])
    said["own_work"] = figures([one for _, work in runs.values() for one in work])
    said["load_after"] = [round(one, 1) for one in os.getloadavg()]
    print(json.dumps(said, indent=1))
    if check and said["all"]["p95_ms"] > LIMIT_MS:
        raise SystemExit(f"p95 {said['all']['p95_ms']} ms is over {LIMIT_MS} ms")


if __name__ == "__main__":
    main("--check" in sys.argv)
