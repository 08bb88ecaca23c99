"""What the check-in page costs a cheap phone on a bad network: bytes and first paint, against the same form made with
Vant (the usual component kit for Chinese phone pages), in the same run.

    python tests/bench/phone.py [ROUNDS]

Chromium, throttled through its own protocol: 400 kbit/s, 400 ms a round trip, CPU six times slower; no cache. Both
pages come gzipped from this machine. Bytes are what went over the wire, headers included. Throttling is no cheap phone:
read the bytes and the ratio. The rival is fetched from npm and bundled with the console's esbuild; without network or
Node it is left out. Needs an otherwise idle machine for the times to mean much.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

sys.path.insert(0, str(Path(__file__).parents[2]))

from config.settings import CentreSettings
from tests.browser.conftest import FLAGS, NARROW
from tests.support.centre_server import serving, serving_app
from tests.support.seed import seed

ROOT = Path(__file__).parents[2]
ROUNDS = 7
BYTES_A_S, ROUND_TRIP_MS, SLOWER = 400_000 / 8, 400, 6
MOST_BYTES, MOST_S = 10_000, 1.0
ESBUILD = ROOT / "supervisor/console/web/node_modules/.bin/esbuild"
INSTALL_S = 180
_RIVAL = """
import { createApp, h, ref } from 'vue'
import { Button, Cell, CellGroup, Field, NavBar } from 'vant'
import 'vant/es/button/style/index.mjs'
import 'vant/es/cell/style/index.mjs'
import 'vant/es/cell-group/style/index.mjs'
import 'vant/es/field/style/index.mjs'
import 'vant/es/nav-bar/style/index.mjs'
const name = ref(''), last4 = ref('')
createApp({ render: () => [
  h(NavBar, { title: '培训签到' }),
  h(CellGroup, { inset: true }, () => [
    h(Cell, { title: '家政四级 26-031班', label: '11月23日 周一 08:37–08:40' }),
    h(Field, { label: '姓名', modelValue: name.value, 'onUpdate:modelValue': v => { name.value = v } }),
    h(Field, { label: '身份证号最后 4 位', modelValue: last4.value, 'onUpdate:modelValue': v => { last4.value = v } }),
  ]),
  h(Button, { type: 'primary', block: true, size: 'large' }, () => '签到'),
] }).mount('#app')
"""
_PAGE = (
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<title>培训签到</title><link rel="icon" href="data:,"><link rel="stylesheet" href="rival.css"><div id="app"></div>'
    '<script type="module" src="rival.js"></script>'
)


@dataclass(frozen=True)
class Seen:
    """Wire bytes and seconds to the first contentful paint."""

    bytes: int
    paint_s: float


def look(browser: Browser, url: str) -> Seen:
    context = browser.new_context(viewport={"width": NARROW[0], "height": NARROW[1]})
    page = context.new_page()
    wire = context.new_cdp_session(page)
    received: list[float] = []
    wire.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    limits = {"downloadThroughput": BYTES_A_S, "uploadThroughput": BYTES_A_S, "latency": ROUND_TRIP_MS}
    wire.send("Network.emulateNetworkConditions", {"offline": False, **limits})
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(url, wait_until="load", timeout=120_000)
    paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
    while not (painted := page.evaluate(paint)):
        page.wait_for_timeout(50)
    context.close()
    return Seen(round(sum(received)), painted / 1000)


@contextmanager
def rival(folder: Path) -> Iterator[str | None]:
    """The address of the Vant page; None: it could not be made here."""
    npm = shutil.which("npm")
    if npm is None or not ESBUILD.exists():
        yield None
        return
    (folder / "rival.mjs").write_text(_RIVAL, encoding="utf-8")
    site = folder / "site"
    site.mkdir()
    (site / "index.html").write_text(_PAGE, encoding="utf-8")
    try:
        install = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "vant@4.10.2", "vue@3.5.45"]
        _run(install, folder)
        defined = {
            "process.env.NODE_ENV": '"production"',
            "__VUE_OPTIONS_API__": "false",
            "__VUE_PROD_DEVTOOLS__": "false",
            "__VUE_PROD_HYDRATION_MISMATCH_DETAILS__": "false",
        }
        flags = ["--bundle", "--minify", "--format=esm", f"--outfile={site / 'rival.js'}"]
        _run([str(ESBUILD), "rival.mjs", *flags, *(f"--define:{key}={text}" for key, text in defined.items())], folder)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"no rival: {type(error).__name__}")
        yield None
        return
    app = Starlette(
        routes=[Mount("/", StaticFiles(directory=site, html=True))], middleware=[Middleware(GZipMiddleware)]
    )
    with serving_app(app) as base:
        yield f"{base}/"


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=INSTALL_S, env=dict(os.environ))


def report(rounds: int = ROUNDS) -> tuple[Seen, Seen | None]:
    """Medians, ours and the rival's, the two in turns."""
    chromium = shutil.which("chromium")
    assert chromium is not None
    with tempfile.TemporaryDirectory() as data, ExitStack() as stack:
        folder = Path(data)
        (folder / "rival").mkdir()
        morning = seed(CentreSettings(data_dir=folder / "centre"))
        ours = f"{stack.enter_context(serving(morning.centre))}/c/{morning.places[0].second.code}"
        theirs = stack.enter_context(rival(folder / "rival"))
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=Path(chromium), args=FLAGS)
        look(browser, ours)
        mine, other = [], []
        for _ in range(rounds):
            mine.append(look(browser, ours))
            if theirs:
                other.append(look(browser, theirs))
        browser.close()
    found = _middle(mine)
    against = _middle(other) if other else None
    for name, seen in (("check-in page", mine), ("Vant page", other)):
        if seen:
            spread = f"{min(one.paint_s for one in seen):.2f} to {max(one.paint_s for one in seen):.2f}"
            middle = _middle(seen)
            print(f"{name}: {middle.bytes} bytes, first paint {middle.paint_s:.2f} s (median of {len(seen)}; {spread})")
    if against:
        times = (against.bytes / found.bytes, against.paint_s / found.paint_s)
        print(f"Vant: {times[0]:.1f} times the bytes, {times[1]:.1f} times the time to first paint")
    print(f"target {MOST_BYTES} bytes, {MOST_S:.0f} s; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return found, against


def _middle(seen: list[Seen]) -> Seen:
    return Seen(round(statistics.median(one.bytes for one in seen)), statistics.median(one.paint_s for one in seen))


@pytest.mark.bench
@pytest.mark.browser
def test_the_check_in_page_is_small() -> None:
    found, _ = report()
    assert found.bytes <= MOST_BYTES


if __name__ == "__main__":
    report(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
