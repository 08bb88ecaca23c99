"""What runs here, and the models it counts with, by their hashes."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from pathlib import Path

from edge_agent.checks.finding import Finding, Level
from edge_agent.version import VERSION
from edge_agent.vision.models import foreign_files, model_states


def versions() -> Finding:
    text = f"LessonProof {VERSION}, Python {platform.python_version()}, {platform.system()} {platform.release()}"
    return Finding("version", "VERSION", Level.OK, f"版本 {text}", f"version {text}")


def models(folder: Path) -> Iterator[Finding]:
    """What every box needs, and whatever else is there; an optional model that is absent is nothing to tell."""
    for state in model_states(folder):
        name, digest = state.model.name, state.model.file.sha256[:12]
        if state.error is None:
            yield Finding(
                "model", "MODEL_OK", Level.OK,
                f"模型 {name} 完好(sha256 {digest}…)", f"model {name} is there and right (sha256 {digest}…)",
            )  # fmt: skip
        elif state.faulty:
            yield Finding(
                "model", state.error.code, Level.PROBLEM, state.error.zh, state.error.en,
                f"运行 edge-agent models fetch {name}", f"run edge-agent models fetch {name}",
            )  # fmt: skip
    for error in foreign_files(folder):
        yield Finding("model", error.code, Level.WARNING, error.zh, error.en, "把该文件移走", "move the file away")
