"""`edge-agent`: the box's command line. Each command lives in `edge_agent/commands/`, under its own name."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from config.errors import LessonProofError
from edge_agent.commands.acceptance import accept, zones
from edge_agent.commands.camera import camera
from edge_agent.commands.count import count
from edge_agent.commands.doctor import doctor
from edge_agent.commands.enrol import enrol
from edge_agent.commands.fsck import fsck
from edge_agent.commands.identity import identity
from edge_agent.commands.models import models
from edge_agent.commands.record import record
from edge_agent.commands.replay import replay
from edge_agent.commands.rotate_key import rotate_key
from edge_agent.commands.run import run

app = typer.Typer(
    name="edge-agent",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local variables could show a camera's password
    rich_markup_mode="markdown",
    help="""
LessonProof (课时明证): the box at a training site. It records each lesson hour from the room's cameras, counts the
people in the picture, judges the hour with the county's rules, keeps the evidence, and reports it to the centre: the
facts at once, the clip later, both exactly once, even after days without a network.

A new box, in order: `edge-agent models fetch` brings the models, `edge-agent enrol --centre URL --code CODE` makes the
box known, `edge-agent doctor` says what is still wrong and what to do about it, `edge-agent run` is the box at work.
`edge-agent camera discover`, `camera probe` and `camera add` find a camera, say what is wrong with it, and add it.
`edge-agent camera accept` proves that a camera counts right, `camera zones` says where in its picture.
`edge-agent record URL --for 60 --out DIR` and `edge-agent count PICTURE` try a camera and the counting alone.
`edge-agent replay check` compares past lesson hours with earlier ones. `edge-agent identity` is off unless the
settings turn it on.
""",
)
app.command()(run)
app.command()(enrol)
app.command()(rotate_key)
app.command()(doctor)
app.command()(fsck)
app.command()(record)
app.command()(count)
app.add_typer(models)
camera.command()(accept)
camera.command()(zones)
app.add_typer(camera)
app.add_typer(replay)
app.add_typer(identity)


def main() -> None:
    """Entry point: one clear line in both languages for every error a person can do something about; exit status 2."""
    try:
        app()
    except LessonProofError as error:
        err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)
        err.print(f"{error.code} {error.zh} {error.en}", style="red")
        sys.exit(2)
