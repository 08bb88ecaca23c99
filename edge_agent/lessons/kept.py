"""A kept target state, read as far as this version of the program understands it.

Another version may have written it, or it came from a centre of another version. Unknown fields are left out. A camera,
lesson hour or profile that cannot be read costs itself only: the others still are recorded and judged.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from config.profile import RegionProfile
from supervisor.contract.target import TargetCamera, TargetLesson, TargetState

log = logging.getLogger(__name__)
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Kept:
    """`whole`: nothing had to be left out."""

    state: TargetState
    whole: bool


def read_kept(text: str) -> Kept | None:
    """None, and an error in the log, when not even its frame can be read."""
    try:
        return Kept(TargetState.model_validate_json(text, extra="ignore"), whole=True)
    except ValidationError as error:
        log.error("the kept target state cannot be read whole by this version: %s", _first(error))
    try:
        told = json.loads(text)
        profiles = {name: _read(RegionProfile, each) for name, each in told["profiles"].items()}
        frame = told | {
            "cameras": [camera for each in told["cameras"] if (camera := _read(TargetCamera, each))],
            "lessons": [lesson for each in told["lessons"] if (lesson := _read(TargetLesson, each))],
            "profiles": {name: profile for name, profile in profiles.items() if profile},
        }
        return Kept(TargetState.model_validate(frame, extra="ignore"), whole=False)
    except (ValueError, TypeError, KeyError, AttributeError):  # ValidationError is a ValueError
        log.error("the kept target state cannot be read at all; without the centre nothing is planned")
        return None


def _read(model: type[Model], value: Any) -> Model | None:
    try:
        return model.model_validate_json(json.dumps(value), extra="ignore")
    except ValidationError as error:
        log.error("left out of the kept target state: %s at %s", model.__name__, _first(error))
        return None


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"/{'/'.join(str(part) for part in first['loc'])} {first['msg']}"
