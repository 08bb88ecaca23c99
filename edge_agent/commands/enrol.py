"""`edge-agent enrol`: make this box known to its centre, once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

_LARGE_CLOCK_ERROR_S = 60


def enrol(
    centre: Annotated[
        str, typer.Option(metavar="URL", help="The centre's address, e.g. https://centre.example.gov.cn")
    ],
    code: Annotated[str, typer.Option(help="One-time code from the centre's administrator; it lives 15 minutes.")],
    config: Annotated[Path | None, typer.Option(help="The box's TOML file.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder; otherwise the one of the configuration.")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Give up the enrolment this box has, for a new one.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make this box known to the centre. 向监管中心注册本盒子。

    The box makes its own key pair; the private key never leaves it. Doing it again at the same centre changes nothing.

        edge-agent enrol --centre https://centre.example.gov.cn --code 7KQ2-9XWD
    """
    from config.clock import SystemClock
    from config.settings import EdgeSettings
    from edge_agent.opening import open_box
    from edge_agent.uplink.enrolment import enrol as enrol_box
    from edge_agent.version import VERSION

    box = open_box(EdgeSettings.load(config, data_dir=data))
    done = enrol_box(box.work, box.paths, SystemClock(), centre_url=centre, code=code, version=VERSION, replace=replace)
    if as_json:
        record = {
            "box_id": done.box_id,
            "centre_url": done.centre_url,
            "site_name": done.site_name,
            "fresh": done.fresh,
        }
        typer.echo(json.dumps(record, ensure_ascii=False))
        return
    out = Console(highlight=False, markup=False, soft_wrap=True)
    if done.fresh:
        out.print(f"注册成功:{done.site_name}({done.centre_url})\nEnrolled at {done.centre_url} as box {done.box_id}.")
        if abs(done.clock_behind_s) > _LARGE_CLOCK_ERROR_S:
            off = round(done.clock_behind_s)
            out.print(
                f"注意:本机时钟与监管中心相差 {off} 秒,请校时。\n"
                f"Warning: set this machine's clock; it is off by {off} s."
            )
    else:
        out.print(
            f"本盒子已注册到该中心,无需重复注册:{done.site_name}\n"
            f"This box is already enrolled there as {done.box_id}; nothing to do."
        )
    out.print("下一步 next: edge-agent run")
