"""`supervisor retention`: what the archive keeps, and what leaves it when."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

_STATES = {
    "expected": "待传 expected",
    "uploading": "上传中 uploading",
    "verified": "已归档 archived",
    "deleting": "删除中 deleting",
    "deleted": "到期已删 deleted after its term",
}


def retention(
    config: Annotated[Path | None, typer.Option(help="TOML file with the centre's settings.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder for database, keys and clips.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """What is kept, on hold, leaves the archive in which month, and how large it gets. 留存、锁定、到期与容量。

    Looks only: clips are deleted by `supervisor serve`, at night, after their term and never before; there is no
    command for it. Evidence locks are placed and lifted on a lesson hour's page or through /api/holds.
    """
    from config.clock import CHINA, SystemClock
    from config.settings import CentreSettings
    from supervisor.centre import open_centre
    from supervisor.retention.outlook import outlook

    settings: CentreSettings = CentreSettings.load(config, data_dir=data)
    found = outlook(open_centre(settings, SystemClock()))
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2, default=lambda at: at.isoformat()))
        return
    out = Console(highlight=False, soft_wrap=True, markup=False)
    for state, amount in found.states.items():
        out.print(f"{_STATES[state]}: {amount.clips} ({_size(amount.bytes)})")
    out.print(f"证据锁定 on hold: {found.held.clips} ({_size(found.held.bytes)})")
    out.print(f"损坏或丢失、正重新索取 damaged or lost, asked for again: {found.asked_again.clips}")
    for month, amount in found.leaving.items():
        out.print(f"{month} 之后可删 may go after: {amount.clips} ({_size(amount.bytes)})")
    out.print(f"按近 30 天速度,两年共 two years at the last 30 days' pace: {_size(found.expected_bytes)}")
    day = found.day.astimezone(CHINA).date() if found.day else "—"
    out.print(f"以此日判断到期 terms are judged by this day: {day}")
    oldest = found.oldest_check.astimezone(CHINA).date() if found.oldest_check else "—"
    out.print(f"最久未复核的片段 longest not hashed: {oldest}(每 {found.check_every_days} 天一遍 days a round)")


def _size(size: int) -> str:
    return f"{size / 1e9:.2f} GB"
