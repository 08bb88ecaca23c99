"""Live pictures from lens to glass: how late they are in a real Chromium, how soon the first one comes, and what a
viewer costs the centre.

    python tests/bench/live.py [SECONDS]

A practice camera (its own process, real RTSP) burns the time each picture was taken into it as bars; the box's live
part and the centre are processes of their own; the page is the real `<live-tile>`, each picture's bars are read
back from a canvas when Chromium shows it and compared with the browser's clock. Nine tiles are nine cameras of the
centre that the box finds at one address, so that encoding is paid once. The CPU of a viewer is the centre's, with and
without `VIEWERS` further WebSocket clients of one tile each.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from supervisor.callers import SESSION_COOKIE  # noqa: E402
from tests.browser.conftest import FLAGS  # noqa: E402

VIEWERS = 20
VIEW_S = 8.0  # shorter than two heartbeats, which these viewers do not answer
COUNTS = (1, 9)
LINGER_S = 25.0
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>live</title>
<style>main { display: grid; grid-template-columns: repeat(3, 1fr); gap: 4px; } body { margin: 4px; }</style>
<main></main><script type="module" src="/static/%s"></script></html>"""
PROBE = """async ([cameras, mode]) => {
  await customElements.whenDefined("live-tile");
  const bits = 32, cell = 20, wide = 640;
  window.late = []; window.first = []; window.states = {};
  document.addEventListener("tile-state", (e) => {
    const seen = (window.states[e.detail.camera] ??= []), now = e.detail.state + "/" + e.detail.reason;
    if (seen[seen.length - 1] !== now) seen.push(now);
  });
  const clock = Date.now() - performance.now();
  for (const camera of cameras) {
    const tile = document.createElement("live-tile");
    tile.setAttribute("camera", camera); tile.setAttribute("mode", mode);
    const asked = performance.now();
    document.querySelector("main").append(tile);
    const video = tile.shadowRoot.querySelector("video");
    const canvas = new OffscreenCanvas(wide, 4), ink = canvas.getContext("2d", { willReadFrequently: true });
    let shown = false;
    const seen = (now, meta) => {
      video.requestVideoFrameCallback(seen);
      if (!shown) { shown = true; window.first.push(now - asked); }
      ink.drawImage(video, 0, 8, wide, 4, 0, 0, wide, 4);
      const row = ink.getImageData(0, 1, wide, 1).data;
      const octets = [0, 0, 0, 0];
      for (let bit = 0; bit < bits; bit++)
        if (row[(bit * cell + cell / 2) * 4] > 128) octets[bit >> 3] |= 128 >> (bit & 7);
      if ((octets[0] ^ octets[1] ^ octets[2] ^ 255) !== octets[3]) return;
      const taken = (octets[0] << 16) | (octets[1] << 8) | octets[2];
      const at = Math.round(clock + Math.max(now, meta.expectedDisplayTime)) % (1 << 24);
      window.late.push((at - taken + (1 << 24)) % (1 << 24));
    };
    video.requestVideoFrameCallback(seen);
  }
}"""


def part_camera() -> None:
    from device_adapters.simulator.practice import PracticeCameras
    from device_adapters.simulator.script import CameraSpec

    with PracticeCameras([CameraSpec(path="/sub", picture="clock")]) as cameras:
        _ready({"url": cameras[0].url})


def part_centre(folder: Path) -> None:
    from tests.support.centre_server import serving_app
    from tests.support.live import live_county

    county = live_county(folder, cameras=max(COUNTS))
    from fastapi.responses import HTMLResponse

    from supervisor.app import app_of
    from supervisor.console.rendering import bundle

    app = app_of(county.centre)
    page = PAGE % bundle()["live-tile.js"]
    app.add_api_route("/bench", lambda: HTMLResponse(page, headers={"Content-Security-Policy": "img-src 'self' blob:"}))
    app.router.routes.insert(0, app.router.routes.pop())
    told = {"cameras": county.cameras, "token": county.token, "box": county.box, "key": county.key_pem}
    told["tokens"] = [county.another_token() for _ in range(VIEWERS + 1)]  # a person has a few pages, not many
    with serving_app(app) as url:
        _ready(told | {"url": url})


def part_box(folder: Path, told: dict[str, Any]) -> None:
    from tests.support.live import live_box

    with live_box(folder, told["centre"]["url"], told["centre"]["box"], told["centre"]["key"], told["url"]):
        _ready({})


def _ready(said: dict[str, Any]) -> None:
    print(json.dumps(said), flush=True)
    sys.stdin.read()


@contextmanager
def part(
    name: str, folder: Path, told: dict[str, Any] | None = None
) -> Iterator[tuple[psutil.Process, dict[str, Any]]]:
    command = [sys.executable, __file__, "--part", name, str(folder), json.dumps(told or {})]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield psutil.Process(process.pid), json.loads(process.stdout.readline())
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()


def cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return used.user + used.system


@contextmanager
def page_of(browser: Browser, centre: dict[str, Any]) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1366, "height": 800})
    host = centre["url"].removeprefix("http://").partition(":")[0]
    context.add_cookies([{"name": SESSION_COOKIE, "value": centre["token"], "domain": host, "path": "/"}])
    page = context.new_page()
    page.on("console", lambda said: print("page:", said.text, file=sys.stderr) if said.type == "error" else None)
    page.on("pageerror", lambda error: print("page:", error, file=sys.stderr))
    page.goto(f"{centre['url']}/bench")
    try:
        yield page
    finally:
        context.close()


def look(browser: Browser, centre: dict[str, Any], tiles: int, seconds: float) -> dict[str, Any]:
    with page_of(browser, centre) as page:
        page.evaluate(PROBE, [centre["cameras"][:tiles], "video"])
        page.wait_for_function("n => window.first.length === n", arg=tiles, timeout=20_000)
        page.wait_for_timeout(3000)  # until the players have come near to now
        page.evaluate("() => { window.late = [] }")
        page.wait_for_timeout(seconds * 1000)
        found = page.evaluate("() => ({ late: window.late, first: window.first, states: window.states })")
        if os.environ.get("SHOT"):
            page.screenshot(path=f"{os.environ['SHOT']}-{tiles}.png")
    return found


def figures(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered)),
        "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]),
        "count": len(ordered),
    }


def viewer_cost(centre: dict[str, Any], process: psutil.Process) -> dict[str, float]:
    """Percent of a core that one more viewer of one moving tile costs the centre."""
    few, picture_bytes = measured(centre, process, 1)
    many, received = measured(centre, process, VIEWERS)
    return {
        "one_viewer_percent": round(100 * few, 2),
        "each_further_percent": round(100 * (many - few) / (VIEWERS - 1), 3),
        "received_of_what_was_sent": round(received / VIEWERS / picture_bytes, 2),
        "kbit_s_each": round(8 * received / VIEWERS / VIEW_S / 1000),
    }


def measured(centre: dict[str, Any], process: psutil.Process, number: int) -> tuple[float, int]:
    """(share of a core, octets received) while so many look; the viewers only read, so that they are cheap."""
    with ExitStack() as stack, selectors.DefaultSelector() as readable:
        for _ in range(number):
            line = stack.enter_context(dialled(centre))
            line.setblocking(False)
            readable.register(line, selectors.EVENT_READ)
        drain(readable, 3)
        before, began = cpu_s(process), time.monotonic()
        received = drain(readable, VIEW_S)
        return (cpu_s(process) - before) / (time.monotonic() - began), received


def drain(readable: selectors.BaseSelector, seconds: float) -> int:
    end, octets = time.monotonic() + seconds, 0
    while (left := end - time.monotonic()) > 0:
        for key, _ in readable.select(left):
            got = key.fileobj.recv(1 << 20)  # type: ignore[union-attr]
            assert got, "the centre closed"
            octets += len(got)
    return octets


def dialled(centre: dict[str, Any]) -> socket.socket:
    """A WebSocket that has wished for one moving tile (RFC 6455, by hand)."""
    host, _, port = centre["url"].removeprefix("http://").partition(":")
    line = socket.create_connection((host, int(port)), timeout=20)
    head = (
        f"GET /live HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {centre['url']}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n"
        f"Cookie: {SESSION_COOKIE}={centre['tokens'].pop()}\r\n\r\n"
    )
    line.sendall(head.encode())
    assert b" 101 " in line.recv(4096)
    wish = json.dumps({"watch": [{"camera_id": centre["cameras"][0], "mode": "video"}]}).encode()
    line.sendall(bytes((0x81, 0x80 | len(wish))) + bytes(4) + wish)  # masked with zeros
    return line


def main(seconds: float) -> None:
    found: dict[str, Any] = {"load_before": os.getloadavg()[0], "cores": os.cpu_count()}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        _, camera = stack.enter_context(part("camera", folder))
        process, centre = stack.enter_context(part("centre", folder / "centre"))
        stack.enter_context(part("box", folder / "box", {"centre": centre, "url": camera["url"]}))
        chromium = shutil.which("chromium")
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        stack.callback(browser.close)
        time.sleep(2)
        with page_of(browser, centre) as page:
            page.wait_for_timeout(1000)  # scripts are compiled once, as on every visit but the first
        for tiles in COUNTS:
            cold = look(browser, centre, tiles, seconds)
            warm = look(browser, centre, tiles, 1)
            told = found[f"tiles_{tiles}"] = {
                "glass_to_glass_ms": figures(cold["late"]),
                "first_frame_cold_ms": [round(one) for one in cold["first"]],
                "first_frame_warm_ms": [round(one) for one in warm["first"]],
                "states": list(cold["states"].values())[:1],
            }
            print(tiles, json.dumps(told), f"load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
            if tiles != COUNTS[-1]:
                time.sleep(LINGER_S)  # the cameras are let go
        found["viewer"] = viewer_cost(centre, process)
    found["load_after"] = os.getloadavg()[0]
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--part"]:
        name, where, told = sys.argv[2], Path(sys.argv[3]), json.loads(sys.argv[4])
        match name:
            case "camera":
                part_camera()
            case "centre":
                part_centre(where)
            case "box":
                part_box(where, told)
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 20)
