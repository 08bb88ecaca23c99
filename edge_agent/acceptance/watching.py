"""Who looks at an acceptance session's pictures: what counts in lessons, or the test says nothing.

`watching` is the one place that makes it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from edge_agent.vision.counter import Face, Image, PeopleCounter
from edge_agent.vision.view import CameraView
from edge_agent.vision.watcher import Look, Seen
from supervisor.contract.zones import CameraZones, Polygon
from supervisor.rules.evidence import Counter, Watcher


class Watching(Protocol):
    @property
    def counter(self) -> Counter: ...

    @property
    def watcher(self) -> Watcher: ...

    def look(self, at_ms: int, image: Image) -> Look: ...


def watching(models_folder: Path, view: CameraView, *, podium: bool) -> Watching:
    """`podium`: teachers count too. Raises LessonProofError MODEL_MISSING, MODEL_DAMAGED."""
    from edge_agent.vision.yunet import YuNetCounter  # takes half a second to import

    return FaceWatching(YuNetCounter(models_folder), view, podium=podium)


class FaceWatching:
    """Every face within the zones is a person in their place; nobody is remembered from picture to picture."""

    def __init__(self, faces: PeopleCounter, view: CameraView, *, podium: bool) -> None:
        self._faces = faces
        self._zones = view.zones or CameraZones()
        self._scale = view.scale
        self._podium = podium

    @property
    def counter(self) -> Counter:
        return self._faces.counter

    @property
    def watcher(self) -> Watcher:
        return Watcher("faces/1", persons=None, hold_s=0, scale=self._scale, zones_sha256=self._zones.digest())

    def look(self, at_ms: int, image: Image) -> Look:
        height, width = image.shape[:2]
        small = image
        if self._scale < 1:
            smaller = cv2.resize(image, None, fx=self._scale, fy=self._scale, interpolation=cv2.INTER_AREA)
            small = np.asarray(smaller, np.uint8)
        people = [
            seen
            for face in self._faces.count(small).faces
            if (seen := self._seen(face, width / small.shape[1], width, height)) is not None
        ]
        count = sum(seen.how != "outside" for seen in people)
        return Look(at_ms, width, height, count, count, 1.0, tuple(people))

    def _seen(self, face: Face, grow: float, width: int, height: int) -> Seen | None:
        """None: what is masked is nobody."""
        seen = Seen(face.x * grow, face.y * grow, face.w * grow, face.h * grow, "face", min(1.0, face.score))
        x, y = (seen.x + seen.w / 2) / width, (seen.y + seen.h / 2) / height
        zones = self._zones
        if any(inside(x, y, mask) for mask in zones.masks):
            return None
        of_teacher = any(inside(x, y, podium) for podium in zones.podium)
        counts = of_teacher and self._podium
        if not of_teacher and not any(inside(x, y, other) for other in zones.neighbour):
            counts = not zones.seats or any(inside(x, y, seats) for seats in zones.seats)
        return seen if counts else replace(seen, how="outside")


def inside(x: float, y: float, polygon: Polygon) -> bool:
    """Whether a ray to the right crosses the polygon's edges an odd number of times."""
    odd = False
    for (x0, y0), (x1, y1) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (x1 - x0) * (y - y0) / (y1 - y0):
            odd = not odd
    return odd
