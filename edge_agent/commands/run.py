"""`edge-agent run`: the box at work, until it is told to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(
    config: Annotated[
        Path | None, typer.Option(help="The box's TOML file: data folder, cameras, camera networks.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder; otherwise the one of the configuration.")] = None,
    json_log: Annotated[
        bool, typer.Option("--json-log", help="Log lines as JSON objects, for a log collector.")
    ] = False,
) -> None:
    """Record, count, judge and report, until SIGTERM or Ctrl-C. 运行盒子:录像、点数、判定、上报。

    The box records each lesson hour of its plan, counts the people in it, judges it with the county's rules, and
    reports the facts and then the clip to the centre. It needs the centre for its plan only: without a network it
    works on for days and reports everything afterwards, once. It may be killed at any moment; after a restart it goes
    on where it was.

    edge-agent run --config edge.toml

    edge.toml, the cameras under the codes the centre knows them by:

    data_dir = "/var/lib/lessonproof"
    [[cameras]]
    code = "room-a"
    url = "rtsp://user:password@192.168.1.20/stream1"
    """
    import signal
    import threading

    from config.clock import SystemClock
    from config.settings import EdgeSettings
    from edge_agent.agent import Agent
    from edge_agent.logs import passwords, set_up

    settings = EdgeSettings.load(config, data_dir=data)
    set_up(as_json=json_log, secrets=passwords(url for camera in settings.cameras for url in camera.urls()))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Agent(settings, SystemClock()).run(stop)
