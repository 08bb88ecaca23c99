"""Which parts of a camera's picture count, as the installer drew them at acceptance.

Points are fractions of the picture's width and height, so that they hold for every resolution of the stream.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Self

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, model_validator

Fraction = Annotated[float, Field(ge=0, le=1)]
Polygon = Annotated[tuple[tuple[Fraction, Fraction], ...], Field(min_length=3, max_length=64)]
"""Corners (x, y) in order, closed by itself; x to the right, y down."""

_Polygons = Annotated[tuple[Polygon, ...], Field(max_length=32)]


class CameraZones(BaseModel):
    """`seats`: where people count; none: everywhere. `podium`: where the teacher stands, counted only where teachers
    are required (Q12). `neighbour`: seats that another camera of the room counts. `masks`: posters, screens, mirrors:
    nothing there is a person."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    seats: _Polygons = ()
    podium: _Polygons = ()
    neighbour: _Polygons = ()
    masks: _Polygons = ()

    @model_validator(mode="after")
    def _have_area(self) -> Self:
        for polygon in (*self.seats, *self.podium, *self.neighbour, *self.masks):
            if _area(polygon) == 0:
                raise ValueError("a zone without area")
        return self

    def digest(self) -> str:
        """SHA-256 (hex) of the zones' canonical JSON: what `Watcher.zones_sha256` names."""
        return hashlib.sha256(rfc8785.dumps(self.model_dump(mode="json"))).hexdigest()


def _area(polygon: tuple[tuple[float, float], ...]) -> float:
    """Twice the signed area (shoelace)."""
    corners = zip(polygon, (*polygon[1:], polygon[0]), strict=True)
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in corners)
