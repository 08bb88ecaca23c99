"""What a people counter is: a picture in, a number and the faces behind it out, and the name of what counted.

It counts, and identifies nobody. A picture it cannot judge is an error with a code, never a silent zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from config.errors import LessonProofError
from supervisor.rules.evidence import Counter

Image = NDArray[np.uint8]
"""uint8[H, W, 3], blue-green-red."""

MIN_SIDE_PX = 32  # one cell of the coarsest grid the detector has
MAX_PIXELS = 36_000_000  # an 8K picture and a little


@dataclass(frozen=True, slots=True)
class Face:
    """A face in pixels of the picture; may reach over its edge. `score` 0..1.

    `landmarks`: right eye, left eye, nose, right and left corner of the mouth (the person's right), as (x, y).
    """

    x: float
    y: float
    w: float
    h: float
    score: float
    landmarks: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A person, or as much of one as is seen, in pixels of the picture and inside it. `score` 0..1."""

    x: float
    y: float
    w: float
    h: float
    score: float


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the picture, in whole pixels; may reach over its edge. Raises ValueError when it is empty."""

    x: int
    y: int
    w: int
    h: int

    def __post_init__(self) -> None:
        if self.w <= 0 or self.h <= 0:
            raise ValueError(f"an empty region: {self}")


@dataclass(frozen=True, slots=True)
class Count:
    people: int
    faces: tuple[Face, ...]


class PeopleCounter(Protocol):
    @property
    def counter(self) -> Counter:
        """Model file hash, engine and threshold behind every number it gives."""

    def count(self, image: Image) -> Count:
        """People in one picture, by one thread at a time. Raises LessonProofError PICTURE_UNUSABLE."""


class PersonDetector(Protocol):
    @property
    def version(self) -> Counter:
        """Model file hash, engine and threshold behind every box it gives."""

    def persons(self, image: Image, regions: Sequence[Region] | None = None) -> tuple[Person, ...]:
        """Bodies in one picture, or in and around these parts of it only. Raises LessonProofError PICTURE_UNUSABLE."""


def check_picture(image: Image) -> None:
    """Refuse what is no colour picture of a size a detector can judge. Raises LessonProofError PICTURE_UNUSABLE."""
    shape = "x".join(str(size) for size in image.shape)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        problem = f"{image.dtype}[{shape}], not uint8[H, W, 3]"
    elif min(image.shape[:2]) < MIN_SIDE_PX:
        problem = f"{shape}, smaller than {MIN_SIDE_PX} px"
    elif image.shape[0] * image.shape[1] > MAX_PIXELS:
        problem = f"{shape}, more than {MAX_PIXELS} px"
    else:
        return
    raise LessonProofError(
        "PICTURE_UNUSABLE", zh=f"画面无法用于计数:{problem}", en=f"picture cannot be counted: {problem}", status=422
    )
