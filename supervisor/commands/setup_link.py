"""`supervisor setup-link`: a one-time link for whoever sits at the centre's own machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def setup_link(
    config: Annotated[Path | None, typer.Option(help="TOML file with the centre's settings.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder for database, keys and clips.")] = None,
    username: Annotated[str | None, typer.Option(help="An existing account whose password is lost.")] = None,
    grant: Annotated[
        bool, typer.Option("--grant", help="Grant it too: a security administrator, while none is left that acts.")
    ] = False,
    forget_second_factor: Annotated[
        bool, typer.Option("--forget-second-factor", help="Its phone and its recovery codes are lost too.")
    ] = False,
) -> None:
    """Print a one-time link (24 hours) that makes the first administrator; refused once there is an account.

    Further accounts are created by an administrator, who gets a link for each. With --username, a new link for that
    account: its earlier links are void, and once the new one is used whoever was signed in to it is out.
    """
    from config.clock import SystemClock
    from config.settings import CentreSettings
    from supervisor.accounts.service import first_setup_link, renew_link_here
    from supervisor.centre import open_centre

    settings: CentreSettings = CentreSettings.load(config, data_dir=data)
    centre = open_centre(settings, SystemClock())
    if username is None:
        if grant or forget_second_factor:
            raise typer.BadParameter("which account? give --username")
        link = first_setup_link(centre)
    else:
        link = renew_link_here(centre, username, grant=grant, forget_second_factor=forget_second_factor)
    typer.echo(link.url)
