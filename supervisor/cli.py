"""`supervisor`: the centre's command line. Each command lives in `supervisor/commands/`, under its own name."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from config.errors import LessonProofError
from supervisor.commands.archive import archive
from supervisor.commands.bundle import bundle, policy
from supervisor.commands.demo import demo
from supervisor.commands.hold import hold
from supervisor.commands.judge import judge
from supervisor.commands.registry_server import registry_server
from supervisor.commands.retention import retention
from supervisor.commands.serve import serve
from supervisor.commands.setup_link import setup_link
from supervisor.commands.verify import verify
from supervisor.commands.witness import witness

app = typer.Typer(
    name="supervisor",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="""
LessonProof (课时明证): the centre that supervises subsidised vocational training, lesson hour by lesson hour.

Try it: `supervisor demo` starts a centre, an edge box and three practice cameras on this machine and judges three real
lesson hours in five minutes. Run it: `supervisor serve`. Check it: `supervisor judge EVIDENCE.json`,
or a whole lesson hour with its recording, offline: `supervisor verify BUNDLE.zip --policy POLICY.json`.
""",
)
app.command()(demo)
app.command()(serve)
app.command(name="setup-link")(setup_link)
app.command()(judge)
app.command()(retention)
app.command()(hold)
app.command()(bundle)
app.command()(archive)
app.command()(verify)
app.command()(policy)
app.command()(witness)
app.command(name="registry-server")(registry_server)


def main() -> None:
    """Entry point: one clear line for every error a person can do something about."""
    try:
        app()
    except LessonProofError as error:
        Console(stderr=True).print(f"[red]{error.code}[/] {error.zh}\n{error.en}", highlight=False)
        sys.exit(2)
