"""The part of a region profile about selfies with a check-in (L02, L05, L15)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class SelfieRules(BaseModel):
    """A trainee may send one, sealed to the site's box, by separate consent (docs/phone.md). Never asked for; a profile
    without it takes none. `wait_days`: a sealed one that its box does not answer goes unread after so long;
    `result_days`: what the box said of it. Ours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wait_days: Annotated[int, Field(ge=1, le=30)]
    result_days: Annotated[int, Field(ge=1, le=366)]
