"""`edge-agent rotate-key`: give this box another key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from config.errors import LessonProofError


def rotate_key(
    config: Annotated[Path | None, typer.Option(help="The box's TOML file.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder; otherwise the one of the configuration.")] = None,
) -> None:
    """Give this box another key, of which the centre is told. 更换本盒子的密钥。

    The box makes a new key pair; the centre takes it because the old key vouches for it, and from then on no other
    counts. What the old key signed stays valid. While `edge-agent run` is at work, it makes the change at its next
    exchange with the centre. May be repeated after any failure. If others may know the key, this does not help: have
    the box revoked, and enrol it anew. Where the box takes selfies, the key they are sealed to is renewed at once.

        edge-agent rotate-key --config edge.toml
    """
    from config.clock import SystemClock
    from config.settings import EdgeSettings
    from edge_agent.identity.sealing import SealingKeys
    from edge_agent.opening import RunLock, open_box
    from edge_agent.uplink.checkpoints import Checkpoints
    from edge_agent.uplink.client import CentreClient
    from edge_agent.uplink.enrolment import own_enrolment
    from edge_agent.uplink.rotation import Rotation, wish
    from storage.evidence.checkpoint import box_origin
    from storage.evidence.keyfile import load
    from storage.evidence.note import Signer
    from supervisor.contract.signing import public_key_text

    settings = EdgeSettings.load(config, data_dir=data)
    box, clock = open_box(settings), SystemClock()
    known = own_enrolment(box.work)
    wish(box.paths)
    if settings.selfies:
        SealingKeys(box.paths.sealing, clock).renew()
    out = Console(highlight=False, markup=False, soft_wrap=True)
    try:
        with RunLock(box.paths.data_dir):
            key = load(box.paths.key)
            checkpoints = Checkpoints(box.work, Signer(box_origin(known.box_id), key), clock)
            url = str(settings.centre_url or known.centre_url)
            with CentreClient.for_box(url, key, known.box_id, clock) as client:
                Rotation(box.work, box.paths, client, checkpoints, clock, known.box_id).carry_out()
    except LessonProofError as error:
        if error.code != "ALREADY_RUNNING":
            raise
        out.print(
            "新密钥已生成;正在运行的 edge-agent 会在下次连接监管中心时启用它(edge-agent doctor 可查)\n"
            "The new key is made; the running edge-agent takes it into use at its next exchange with the centre "
            "(edge-agent doctor tells)."
        )
        return
    out.print(f"密钥已更换。The box has a new key: {public_key_text(load(box.paths.key))}")
