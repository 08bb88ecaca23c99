"""`supervisor demo`: the whole way on one machine, from camera to verdict, in about five minutes."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from rich.table import Table

    from supervisor.demo.story import Demo

_MARKS = {"pass": "[green]✓ 合格 pass[/]", "review": "[yellow]▲ 待复核 review[/]",
          "fail_proposed": "[red]✕ 拟不合格 fail proposed[/]", "no_data_yet": "◌ 待数据 no data yet"}  # fmt: skip

_PROVEN = "三个结论与规则一致,存证包核验通过 the verdicts are what the rules say, and the bundles verify"
_NOT_PROVEN = "[red]结论与规则不一致,或存证包核验未通过 not what the rules say, or a bundle does not verify[/]"


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Run to the verdicts, then stop; nobody needs to watch.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object; progress goes to stderr.")] = False,
    folder: Annotated[
        Path | None, typer.Option("--dir", help="Where everything is kept (a new folder); default: a temporary one.")
    ] = None,
    host: Annotated[
        str,
        typer.Option(help="The centre's address; this machine's own in your network lets a phone open the QR code."),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The centre's port; 0 takes a free one.")] = 0,
) -> None:
    """Camera → recording → people seen → check-ins → verdict → clip → centre, on this machine, with real processes.

    Three rooms, one lesson hour of three minutes under demo rules (every page says so): in room 101 everybody who
    checked in is seen; in 102 several are not in the picture; in 103 the line drops so often that no unbroken minute
    exists. At the end it prints the console's address and stays until Ctrl-C; with --once it exits 0 only if the three
    verdicts are what the rules say and each lesson hour's bundle verifies offline, 1 otherwise.

    The first run downloads the face and person detectors and one photograph from your package index. No camera, screen,
    GPU or account is needed, and nothing leaves this machine.
    """
    from config.clock import SystemClock
    from supervisor.demo.outcome import outcome
    from supervisor.demo.processes import Processes
    from supervisor.demo.story import Demo

    out = Console(stderr=True, highlight=False)
    clock = SystemClock()
    began = clock.monotonic()
    place = folder or Path(tempfile.mkdtemp(prefix="lessonproof-demo-"))
    place.mkdir(parents=True, exist_ok=True)

    def tell(zh: str, en: str) -> None:
        out.print(f"[dim]{clock.monotonic() - began:6.1f} s[/]  {zh}  [dim]{en}[/]")

    try:
        with Processes(place / "logs", clock) as processes:
            story = Demo(place, port, clock, processes, tell, host)
            story.begin_fetching()
            admin = story.start_centre()
            story.finish_fetching()
            story.start_cameras()
            people = story.set_up_county(admin)
            story.open_classes(people["teacher"], people["approver"])
            story.check_trainees_in()
            if not once:
                _show_phone(out, story)
            pages = _watch(out, story)
            failures = _verify(story, pages)
            result = outcome(pages, failures, clock.monotonic() - began, story.centre_url)
            if as_json:
                typer.echo(json.dumps(result, ensure_ascii=False, indent=2))
            else:
                out.print(_table(pages))
                out.print(_PROVEN if result["ok"] else _NOT_PROVEN)
            if not once:
                _stay(out, story)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    finally:
        if folder is None:
            shutil.rmtree(place, ignore_errors=True)
    raise typer.Exit(0 if result["ok"] else 1)


def _watch(out: Console, story: Demo) -> dict[str, dict[str, Any]]:
    """Show the rooms until each has its verdict and clips, or it takes too long."""
    from rich.live import Live

    from supervisor.demo.scene import ROOMS

    story.tell("上课中:录像、点数、判定(3 分钟)", "lesson under way: recording, counting, judging (3 minutes)")
    pages = {room.code: story.watch(room) for room in ROOMS}
    with Live(_table(pages), console=out, refresh_per_second=2, transient=True) as live:
        while not all(story.finished(page) for page in pages.values()) and not story.overdue():
            story.clock.sleep(1)
            pages = {room.code: story.watch(room) for room in ROOMS}
            live.update(_table(pages))
    return pages


def _verify(story: Demo, pages: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Room → what is wrong with its bundle; a room that did not come to its end has none."""
    from supervisor.demo.scene import ROOMS

    story.tell("导出存证包并离线核验", "exporting the bundles, and verifying them offline")
    return {room.code: story.verify(room) for room in ROOMS if story.finished(pages[room.code])}


def _table(pages: dict[str, dict[str, Any]]) -> Table:
    from rich.table import Table

    from supervisor.demo.scene import ROOMS

    table = Table("教室 room", "画面 seen", "签到 in", "应到 roster", "连续 longest", "摄像头 camera", "结论 verdict")
    for room in ROOMS:
        lesson = pages[room.code]["lesson"]
        camera = lesson["cameras"][0] if lesson["cameras"] else {}
        verdict = lesson["verdict"]["verdict"] if lesson["verdict"] else None
        progress = lesson["progress"]
        longest = verdict["longest_joined_ms"] if verdict else progress["longest_joined_ms"] if progress else None
        seen = verdict["peak"] if verdict and verdict["peak"] is not None else camera.get("people")
        table.add_row(
            room.name,
            "—" if seen is None else str(seen),
            str(lesson["checked_in"]),
            str(lesson["roster"]),
            "—" if longest is None else f"{longest / 1000:.0f} s",
            camera.get("status") or "—",
            f"{_MARKS.get(verdict['state'], verdict['state'])} {' '.join(verdict['reasons'])}"
            if verdict
            else room.about_zh,
        )
    return table


def _show_phone(out: Console, story: Demo) -> None:
    """The phone page's QR, so that a person can check in or out too."""
    import segno

    from supervisor.demo.scene import ROOMS, trainees

    first = ROOMS[0]
    url = story.sessions[first.code]["check_in_url"]
    someone = trainees(first)[0]
    out.print(
        f"手机页(也可以自己签退)phone page: {url}\n"
        f"姓名 name {someone['name']},证件后四位 last four {someone['id_number'][-4:]}"
    )
    out.print(f"监管页面 console: [bold]{story.inspector_link}[/](一次性链接,自己设密码 one-time link)", soft_wrap=True)
    segno.make(url, error="m").terminal(out=sys.stderr, compact=True, border=2)


def _stay(out: Console, story: Demo) -> None:
    out.print(
        f"\n监管页面 console: [bold]{story.centre_url}[/]\n"
        f"一次性链接,打开后自己设密码(用户名 guest)one-time link: [bold]{story.inspector_link}[/]\n"
        f"数据 data: {story.folder}\n按 Ctrl-C 结束 press Ctrl-C to end",
        soft_wrap=True,
    )
    while True:
        story.clock.sleep(1)
        story.processes.check()
