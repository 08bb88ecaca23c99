"""`supervisor verify`: whether a bundle or a class archive is what it claims, offline, on any machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def verify(
    bundle: Annotated[
        Path, typer.Argument(help="The bundle of a lesson hour, or a class archive: a zip.", show_default=False)
    ],
    policy: Annotated[Path, typer.Option(help="Whom you trust: keys of the centre and of outside witnesses, JSON.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a lesson hour's bundle, or a class archive, offline (离线核验课时存证包、班级档案).

    Every entry is proven against the signed logs, the verdict is computed again, the clips are decoded to their end.
    Ends with 0 when everything holds, with 1 when anything does not, naming each failure, and with 2 when the policy
    cannot be read. The policy must come from somebody you trust, not with the bundle: `supervisor policy` prints it at
    the centre. The format is in docs/bundle.md.
    """
    from supervisor.verifier.cli import run

    raise typer.Exit(run(bundle, policy, as_json=as_json))
