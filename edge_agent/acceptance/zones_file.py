"""A camera's zones as a person gives them: JSON of `CameraZones`, points as shares of the picture."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from config.errors import LessonProofError
from supervisor.contract.zones import CameraZones

MAX_BYTES = 256 * 1024


def read_zones(path: Path) -> CameraZones:
    """Raises LessonProofError FILE_NOT_FOUND, ZONES_INVALID."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise LessonProofError(
            "FILE_NOT_FOUND",
            status=404,
            where=str(path),
            zh=f"读不出座区文件 {path}:{error.strerror}",
            en=f"the zones file {path} cannot be read: {error.strerror}",
        ) from None
    return parse_zones(text)


def parse_zones(text: bytes) -> CameraZones:
    """Raises LessonProofError ZONES_INVALID (422) with the place that is wrong."""
    where, problem = "", f"more than {MAX_BYTES} bytes"
    if len(text) <= MAX_BYTES:
        try:
            return CameraZones.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where, problem = "".join(f"/{part}" for part in first["loc"]), first["msg"]
    raise LessonProofError(
        "ZONES_INVALID",
        status=422,
        where=where or None,
        zh=f"座区不正确:{where} {problem}。每个区至少三个角,坐标为画面宽高的 0 到 1",
        en=f"the zones are malformed: {where} {problem}; a zone has three corners or more, 0 to 1 of the "
        "picture's sides",
    )
