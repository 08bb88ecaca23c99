"""What several messages of boxes and centre are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
EpochMs = Annotated[int, Field(ge=0, lt=32_503_680_000_000)]
"""Milliseconds since 1970, before the year 3000: no clock that is wrong by so much is any use."""
Share = Annotated[float, Field(ge=0, le=1)]
