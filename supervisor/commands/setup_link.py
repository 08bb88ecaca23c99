"""`supervisor setup-link`: the first administrator's one-time link, for whoever sits at the centre's own machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def setup_link(
    config: Annotated[Path | None, typer.Option(help="TOML file with the centre's settings.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder for database, keys and clips.")] = None,
) -> None:
    """Print a one-time link (24 hours) that makes the first administrator; refused once there is an account.

    Further accounts are created by an administrator, who gets a link for each.
    """
    from config.clock import SystemClock
    from config.settings import CentreSettings
    from supervisor.accounts.service import first_setup_link
    from supervisor.centre import open_centre

    settings: CentreSettings = CentreSettings.load(config, data_dir=data)
    typer.echo(first_setup_link(open_centre(settings, SystemClock())).url)
