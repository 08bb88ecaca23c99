"""`supervisor archive`: everything about one class in one package, made at the centre's own machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from supervisor.lessons.schemas import ViewReason


def archive(
    class_no: Annotated[str, typer.Argument(help="Number of the class (班号).", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="The zip to write.")],
    by: Annotated[str, typer.Option(help="User name of the person who exports; it stands in the viewing register.")],
    reason: Annotated[ViewReason, typer.Option(help="Why; it stands in the viewing register.")],
    clips: Annotated[
        bool, typer.Option("--clips/--hashes-only", help="With the recordings, or their hashes only.")
    ] = True,
    config: Annotated[Path | None, typer.Option(help="TOML file with the centre's settings.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder for database, keys and clips.")] = None,
) -> None:
    """Pack a whole class (导出一期一档): page, tables, and a bundle of every lesson hour that has evidence.

    The zip reads without any software of ours: unpack it and open index.html. Names and ID numbers are masked.
    `supervisor verify` checks it whole, offline; docs/class-archive.md has the format.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from config.clock import SystemClock
    from config.settings import CentreSettings
    from supervisor.accounts.service import caller_named
    from supervisor.archives.service import class_id_of, export
    from supervisor.centre import open_centre

    centre = open_centre(CentreSettings.load(config, data_dir=data), SystemClock())
    caller = caller_named(centre, by)
    class_id = class_id_of(centre, caller, class_no)
    columns = (TextColumn("学时 lesson hours"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")
        export(
            centre,
            caller,
            class_id,
            reason,
            "cli",
            output,
            media=clips,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        )
    typer.echo(f"{output} {output.stat().st_size} B")
