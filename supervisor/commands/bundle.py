"""`supervisor bundle` and `supervisor policy`: what an auditor needs, made at the centre's own machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from supervisor.lessons.schemas import ViewReason


def bundle(
    lesson_hour: Annotated[UUID, typer.Argument(help="Id of the lesson hour.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="The zip to write.")],
    by: Annotated[str, typer.Option(help="User name of the person who exports; it stands in the viewing register.")],
    reason: Annotated[ViewReason, typer.Option(help="Why; it stands in the viewing register.")],
    config: Annotated[Path | None, typer.Option(help="TOML file with the centre's settings.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder for database, keys and clips.")] = None,
) -> None:
    """Pack a lesson hour so that it proves itself (导出课时存证包).

    The zip holds the signed log entries with their proofs, the centre's receipts, evidence, verdict, rules, the clips,
    and a page that plays and shows them without any server. Check it with `supervisor verify`.
    """
    from config.clock import SystemClock
    from config.settings import CentreSettings
    from supervisor.accounts.service import caller_named
    from supervisor.bundles.service import export
    from supervisor.centre import open_centre

    centre = open_centre(CentreSettings.load(config, data_dir=data), SystemClock())
    export(centre, caller_named(centre, by), lesson_hour, reason, "cli", output)
    typer.echo(f"{output} {output.stat().st_size} B")


def policy(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file instead of standard output.")] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with the centre's settings.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder for database, keys and clips.")] = None,
) -> None:
    """Print what a verifier has to trust: this centre's keys, its witnesses, revoked boxes (打印核验用的信任策略).

    Hand it to the auditor by another way than the bundles, and once: keys do not change.
    """
    from config.clock import SystemClock
    from config.settings import CentreSettings
    from supervisor.bundles.trust import policy_of
    from supervisor.centre import open_centre

    centre = open_centre(CentreSettings.load(config, data_dir=data), SystemClock())
    text = json.dumps(policy_of(centre).model_dump(mode="json"), ensure_ascii=False, indent=2)
    if output is None:
        typer.echo(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")
