"""Where in a picture a person counts: the installer's polygons, looked at in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import cv2
import numpy as np

from supervisor.contract.zones import CameraZones, Polygon


class Place(StrEnum):
    """What a point of the picture is part of."""

    COUNTED = "counted"
    OUTSIDE = "outside"  # the aisle, the teacher's podium, the seats of another camera
    MASKED = "masked"  # a poster, a screen, a mirror: nobody is there


class ZoneMap:
    """`zones` of one camera; None: everywhere counts. `podium`: whether people at the podium count (Q12)."""

    def __init__(self, zones: CameraZones | None, *, podium: bool) -> None:
        zones = zones or CameraZones()
        outside = (*zones.neighbour, *(() if podium else zones.podium))
        self._rules = ((zones.masks, Place.MASKED), (outside, Place.OUTSIDE), ((*zones.podium, *zones.seats), None))
        self._everywhere = not zones.seats

    def place(self, x: float, y: float) -> Place:
        """Of a point in fractions of the picture; on a line is inside."""
        for polygons, place in self._rules:
            if any(_inside(polygon, x, y) for polygon in polygons):
                return place or Place.COUNTED
        return Place.COUNTED if self._everywhere else Place.OUTSIDE


def _inside(polygon: Polygon, x: float, y: float) -> bool:
    corners: Sequence[tuple[float, float]] = polygon
    return cv2.pointPolygonTest(np.array(corners, np.float32), (x, y), False) >= 0
