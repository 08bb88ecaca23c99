"""What a box says of a selfie that it opened: parts of the log's entry."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from supervisor.contract.wire import Sha256


class SelfieResult(StrEnum):
    """What comparing a selfie with its own person's templates came to. A hint, never more."""

    MATCH = "MATCH"
    NO_MATCH = "NO_MATCH"
    NO_FACE = "NO_FACE"
    SEVERAL_FACES = "SEVERAL_FACES"
    NO_REFERENCE = "NO_REFERENCE"  # the person has no templates at this box
    CANNOT_OPEN = "CANNOT_OPEN"  # not sealed to this box, for something else, or no picture


class SelfieEngine(BaseModel):
    """`threshold`: least similarity of a match, on the engine's scale."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Annotated[str, Field(max_length=32)]
    model_sha256: Sha256
    engine: Annotated[str, Field(max_length=64)]
    threshold: float
