"""`edge-agent fsck`: whether the box has exactly what its index says."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from edge_agent.disk.fsck import Fault, Level, Remedy

_FAULTS = {
    Fault.MISSING: ("文件不见了", "the file is gone"),
    Fault.SIZE: ("大小不符", "not its size"),
    Fault.HASH: ("内容与指纹不符", "not its content"),
    Fault.UNKNOWN: ("索引中没有这个文件", "no row names this file"),
    Fault.OPEN: ("录像没有正常结束", "never closed"),
}
_REMEDIES = {
    Remedy.CLOSED: ("已修复并登记", "closed and registered"),
    Remedy.QUARANTINED: ("已移入隔离区", "moved to quarantine"),
    Remedy.MARKED_LOST: ("已标记为丢失", "marked as lost"),
    Remedy.FORGOTTEN: ("没有完整画面,已清除记录", "held no whole picture; its row is gone"),
}


def fsck(
    level: Annotated[
        Level, typer.Option(help="presence: is it there; size: and as long; hash: and the same bytes.")
    ] = (Level.SIZE),
    repair: Annotated[bool, typer.Option("--repair", help="Put right what can be; the box must be stopped.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    config: Annotated[Path | None, typer.Option(help="The box's TOML file.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder; otherwise the one of the configuration.")] = None,
) -> None:
    """Compare the index with the disk, file by file. 核对索引与磁盘:缺失、大小、指纹、未登记的文件。

    Looking is possible while `edge-agent run` is at work: what is being written is left alone. With --repair, after
    stopping the box: a recording that was cut off is closed and registered, unknown and damaged files are put into the
    folder `quarantine`, a file that is gone is marked as lost and reported to the centre. Nothing is ever deleted.
    Exit status: 0 when everything agrees, 1 when something did not.
    """
    from config.clock import SystemClock
    from config.settings import EdgeSettings
    from edge_agent.disk import fsck as disk
    from edge_agent.opening import open_box

    box = open_box(EdgeSettings.load(config, data_dir=data))
    findings = disk.check(box.work, box.paths, level)
    if repair and findings:
        findings = disk.repair(box.work, box.paths, findings, SystemClock())
    if as_json:
        typer.echo(json.dumps({"ok": not findings, "findings": [asdict(one) for one in findings]}, ensure_ascii=False))
    else:
        out = Console(highlight=False, soft_wrap=True, markup=False)
        for one in findings:
            zh, en = _FAULTS[one.fault]
            out.print(f"{one.path}: {zh} {en}", style="red")
            if one.remedy is not None:
                out.print("    → " + " ".join(_REMEDIES[one.remedy]))
        out.print("索引与磁盘一致 index and disk agree" if not findings else f"{len(findings)} 处不符 findings")
    if findings:
        raise typer.Exit(1)
