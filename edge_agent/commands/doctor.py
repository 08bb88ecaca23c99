"""`edge-agent doctor`: what is wrong with this box, and what to do about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

_STYLE = {"ok": "green", "warning": "yellow", "problem": "red"}
_MARK = {"ok": "正常 ok", "warning": "注意 warning", "problem": "问题 problem"}


def doctor(
    config: Annotated[Path | None, typer.Option(help="The box's TOML file.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder; otherwise the one of the configuration.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Look at everything the box needs and say what to do. 检查盒子:摄像头、模型、磁盘、时钟、监管中心、待传数据。

    Each configured camera is tried for a few seconds: unreachable, wrong password, no such stream, not video,
    stalled, or ok with its codec, size and key frame interval. Works off-line, and while `edge-agent run` is at work.
    Exit status: 0 when nothing is a problem, 1 when something is.
    """
    from config.clock import SystemClock
    from config.settings import EdgeSettings
    from edge_agent.checks import Level, every_check
    from edge_agent.opening import open_box

    settings = EdgeSettings.load(config, data_dir=data)
    findings = []
    out = Console(highlight=False, soft_wrap=True)
    for finding in every_check(settings, open_box(settings), SystemClock()):
        findings.append(finding)
        if not as_json:
            out.print(f"{_MARK[finding.level]}: {finding.zh}", style=_STYLE[finding.level], markup=False)
            if finding.en != finding.zh:
                out.print(f"    {finding.en}", markup=False)
            if finding.todo_zh:
                out.print(f"    → {finding.todo_zh}\n    → {finding.todo_en}", markup=False)
    problems = sum(finding.level is Level.PROBLEM for finding in findings)
    if as_json:
        report = {"ok": problems == 0, "problems": problems, "findings": [finding.record() for finding in findings]}
        typer.echo(json.dumps(report, ensure_ascii=False))
    if problems:
        raise typer.Exit(1)
