"""`supervisor hold`: an evidence lock, placed at the centre's own machine."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from supervisor.retention.schemas import HoldReason


def hold(
    by: Annotated[str, typer.Option(help="User name of the county person who places it; it stands in the record.")],
    reason: Annotated[HoldReason, typer.Option(help="Why; it stands in the record.")],
    text: Annotated[str, typer.Option(help="In words; kept beside it, not in the record.")],
    lesson: Annotated[UUID | None, typer.Option(help="Id of a lesson hour.")] = None,
    training_class: Annotated[UUID | None, typer.Option("--class", help="Or the id of a class: all of it.")] = None,
    clip: Annotated[str | None, typer.Option(help="SHA-256 of one clip of the lesson hour.")] = None,
    until: Annotated[
        datetime | None, typer.Option(help="When it ends, site time; without it somebody lifts it.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with the centre's settings.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder for database, keys and clips.")] = None,
) -> None:
    """Lock evidence, so that it stays past its term (证据锁定). Prints the lock's id and how many clips it covers.

    It is lifted on the lesson hour's page by somebody else than who placed it: at a terminal anybody could say to be
    that other person, so there is no command for it.
    """
    from config.clock import CHINA, SystemClock
    from config.settings import CentreSettings
    from supervisor.accounts.service import caller_named
    from supervisor.centre import open_centre
    from supervisor.retention.schemas import HoldIn
    from supervisor.retention.service import place

    centre = open_centre(CentreSettings.load(config, data_dir=data), SystemClock())
    expires_at = until and until.replace(tzinfo=CHINA)
    wanted = HoldIn(
        class_id=training_class, lesson_hour_id=lesson, sha256=clip, reason=reason, text=text, expires_at=expires_at
    )
    placed = place(centre, caller_named(centre, by), wanted)
    typer.echo(f"{placed.id} {placed.clips} 个片段 clips")
