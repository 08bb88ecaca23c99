"""`edge-agent replay`: past lesson hours compared with earlier ones, on demand."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from config.clock import CHINA, SystemClock, epoch_ms, from_epoch_ms
from config.settings import EdgeSettings
from supervisor.contract.log import ReplayCamera, ReplayEntry, ReplayFinding
from supervisor.contract.not_checked import NotChecked
from supervisor.rules.evidence import ReplayKind

replay = typer.Typer(
    name="replay",
    no_args_is_help=True,
    help="Does a lesson hour look like an earlier one, or like itself again and again? 重放与循环画面的比对。",
)

_KINDS = {
    ReplayKind.EXACT: ("字节相同", "the same bytes"),
    ReplayKind.SAME_VIEW: ("动作相同", "the same movements"),
    ReplayKind.MIRRORED: ("左右相反,动作相同", "the same movements, mirrored"),
    ReplayKind.LOOP: ("本学时内重复", "repeats within the lesson hour"),
}
_NOT_CHECKED = {
    NotChecked.NO_RECORDING: ("没有录像", "no recording"),
    NotChecked.KEY_FRAMES_RARE: ("关键帧间隔太长", "key frames too far apart"),
    NotChecked.TOO_SHORT: ("录像太短", "too little recording"),
    NotChecked.TOO_STILL: ("大部分时间没有动作", "nobody moved most of the time"),
}


@replay.callback()
def _many() -> None:
    """Keeps `check` a command of its own while it is the only one."""


@replay.command()
def check(
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day in China's time; otherwise today.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    config: Annotated[Path | None, typer.Option(help="The box's TOML file.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder; otherwise the one of the configuration.")] = None,
) -> None:
    """Compare the judged lesson hours of a day with themselves and with all earlier ones. 比对某一天的学时。

    What the box does by itself when it is idle, now and at full speed; nothing is reported to the centre. Fingerprints
    that are missing are made and kept. A likeness is no proof: look at both recordings. Exit status: 0 when nothing
    looked alike, 1 when something did.
    """
    from edge_agent.opening import open_box
    from edge_agent.replay.check import check as check_hour
    from edge_agent.replay.check import hours_between
    from edge_agent.replay.library import Library

    box, clock = open_box(EdgeSettings.load(config, data_dir=data)), SystemClock()
    midnight = (day or clock.now().astimezone(CHINA)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=CHINA)
    hours = hours_between(box.work, epoch_ms(midnight), epoch_ms(midnight + timedelta(days=1)))
    out = Console(highlight=False, soft_wrap=True, markup=False)
    found: list[ReplayEntry] = []
    for hour in hours:
        entry = check_hour(
            box.work, box.paths, Library(box.paths.fingerprints), hour, epoch_ms(clock.now()), lambda: True
        )
        found.append(entry)
        if not as_json:
            _print(out, entry, hour.start_ms)
    if as_json:
        typer.echo(json.dumps({"lesson_hours": [entry.model_dump(mode="json") for entry in found]}))
    elif not found:
        out.print("这一天没有已经判定的学时 no lesson hour of this day has been judged")
    if any(entry.findings for entry in found):
        raise typer.Exit(1)


def _print(out: Console, entry: ReplayEntry, start_ms: int) -> None:
    out.print(f"{_time(start_ms)} {entry.lesson_hour_id} ({entry.detector}, 比对 compared {entry.compared})")
    for camera in entry.cameras:
        out.print(f"  {camera.camera}: {_result(camera, entry)}")
        for finding in entry.findings:
            if finding.camera == camera.camera:
                out.print(f"    {_words(finding)}", style="red")


def _result(camera: ReplayCamera, entry: ReplayEntry) -> str:
    if camera.not_checked is not None:
        return "未检查 not checked: " + " ".join(_NOT_CHECKED[camera.not_checked])
    step = "-" if camera.step_ms is None else f"{camera.step_ms / 1000:g} s"
    return (
        f"最近距离 nearest {camera.nearest:.3f} (阈值 threshold {entry.threshold:g}), "
        f"关键帧 {camera.pictures} key frames, {step}"
    )


def _words(finding: ReplayFinding) -> str:
    zh, en = _KINDS[finding.kind]
    own, twin = _span(finding.start_ms, finding.end_ms), _span(finding.twin_start_ms, finding.twin_end_ms)
    return f"{own} ≈ {twin} {_of(finding.twin_camera)}: {zh} {en}, {finding.distance:.3f}"


def _of(camera: UUID) -> str:
    return f"摄像头 camera {camera}"


def _span(start_ms: int, end_ms: int) -> str:
    return f"{_time(start_ms)}–{_time(end_ms)[-8:]}"


def _time(ms: int) -> str:
    return from_epoch_ms(ms).astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
