"""What a page says over its live WebSocket."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

MAX_TILES = 16
MAX_TEXT = 16 * 1024


class WishIn(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    camera_id: UUID
    mode: Literal["video", "picture"]


class WatchIn(BaseModel):
    """The whole set each time. `fresh`: cameras to begin anew with."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    watch: Annotated[tuple[WishIn, ...], Field(max_length=MAX_TILES)]
    fresh: Annotated[frozenset[UUID], Field(max_length=MAX_TILES)] = frozenset()
