"""Real human faces for the practice classroom: heads cut out of one photograph in the public domain.

The photograph is the group picture of the fifth Solvay conference (Brussels, October 1927), carried by the source
archive of a Python package and fetched like a model. Faces must be real, because the detector that counts them is real.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from config.settings import cache_home
from device_adapters.carriers import CarriedFile, check, fetch

COMMAND = "python -m device_adapters.simulator --fetch"

PHOTOGRAPH = CarriedFile(
    name="solvay_conference_1927.jpg",
    sha256="ae76a5be54f53cca50074a0d1ac8653187154d264fc58ed928e1b92c27e17e2a",
    carrier="scrfd==0.3.0",
    carrier_sha256="35855c664d565492aab0068f1c64b4957a15ca6cd106b9c8b1642d67cfeeb5fc",
    member="scrfd-0.3.0/images/solvay_conference_1927.jpg",
    licence="public domain (photograph of 1927)",
    source="Benjamin Couprie, Institut international de physique Solvay, 1927",
    sdist=True,
)

# Face boxes (x, y, width, height) in px of the photograph, as YuNet finds them at half size; people whose shoulders
# another person's face covers are left out.
BOXES = (
    (469, 760, 80, 103), (691, 829, 74, 99), (842, 889, 79, 101), (1595, 851, 74, 96), (1843, 856, 79, 99),
    (2085, 849, 79, 101), (2289, 843, 77, 92), (2456, 752, 77, 101), (2601, 844, 78, 102), (715, 1042, 80, 103),
    (1047, 1041, 87, 110), (1409, 1027, 79, 98), (233, 1138, 89, 109), (413, 1081, 82, 101), (546, 1153, 89, 117),
    (859, 1145, 81, 104), (1194, 1155, 87, 117), (1585, 1131, 93, 117), (1860, 1138, 91, 113), (2111, 1136, 86, 107),
    (2275, 1056, 84, 112), (2456, 1154, 84, 110), (2576, 1068, 86, 116), (2695, 1193, 83, 107),
)  # fmt: skip

_SIDE, _ABOVE, _BELOW = 1.15, 0.75, 1.0  # what is cut around the face box, in face widths
_GREY = np.array([0, 60, 130, 200, 255])
_SKIN_BGR = np.array([[18, 20, 26], [46, 58, 84], [112, 138, 182], [172, 196, 222], [222, 230, 240]])  # at _GREY


@dataclass(frozen=True, slots=True)
class Head:
    """A head with collar, cut out of the photograph and scaled so that the face box is `face_px` wide."""

    picture: NDArray[np.uint8]  # [H, W, 3] BGR
    alpha: NDArray[np.float32]  # [H, W, 1], 0..1
    anchor: tuple[float, float]  # (x, y) of the middle of the face box inside the picture, px
    face_px: float


def pictures_folder() -> Path:
    return cache_home() / "pictures"


def fetch_photograph(folder: Path | None = None, progress: Callable[[str], None] | None = None) -> Path:
    """Bring the photograph if it is not there yet. Raises LessonProofError MODELS_FETCH_FAILED, CARRIER_DAMAGED."""
    return fetch([PHOTOGRAPH], folder or pictures_folder(), progress=progress, command=COMMAND)[0]


def load_photograph(folder: Path | None = None) -> NDArray[np.uint8]:
    """uint8[2171, 3000] grey. Raises LessonProofError MODEL_MISSING or MODEL_DAMAGED."""
    return _read(check(PHOTOGRAPH, folder or pictures_folder(), command=COMMAND))


@cache
def _read(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert picture is not None, "the digest was right, so it is a JPEG file"
    return np.asarray(picture, np.uint8)


def cut_head(photograph: NDArray[np.uint8], number: int, face_px: float) -> Head:
    """Head `number` (index into BOXES) with its face box `face_px` wide; tinted, because 1927 was grey."""
    x, y, width, height = BOXES[number % len(BOXES)]
    left, top = round(x + width / 2 - _SIDE * width), round(y - _ABOVE * width)
    right, bottom = round(x + width / 2 + _SIDE * width), round(y + height + _BELOW * width)
    crop = photograph[max(top, 0) : bottom, max(left, 0) : right]
    scale = face_px / width
    size = (round(crop.shape[1] * scale), round(crop.shape[0] * scale))
    grey = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    anchor = ((x + width / 2 - max(left, 0)) * scale, (y + height / 2 - max(top, 0)) * scale)
    table = np.stack([np.interp(np.arange(256), _GREY, _SKIN_BGR[:, channel]) for channel in range(3)], axis=1)
    picture = table[grey].astype(np.uint8)
    return Head(picture, _outline(size, anchor, face_px, face_px * height / width), anchor, face_px)


def _outline(size: tuple[int, int], anchor: tuple[float, float], width: float, height: float) -> NDArray[np.float32]:
    """float32[H, W, 1]: an egg around hair and chin, and the neck with its collar, with soft edges."""
    mask = np.zeros((size[1], size[0]), np.uint8)
    x, y = anchor
    chin = y + height / 2
    crown = y - height / 2 - 0.36 * width
    axes = (round(0.63 * width), round((chin - crown) / 2 + 0.04 * width))
    cv2.ellipse(mask, (round(x), round((crown + chin) / 2)), axes, 0, 0, 360, 255, -1, cv2.LINE_AA)
    collar = np.array(
        [
            (x - 0.34 * width, chin - 0.20 * width), (x + 0.34 * width, chin - 0.20 * width),
            (x + 0.50 * width, chin + 0.36 * width), (x + 0.16 * width, chin + 0.80 * width),
            (x - 0.16 * width, chin + 0.80 * width), (x - 0.50 * width, chin + 0.36 * width),
        ]
    )  # fmt: skip
    cv2.fillPoly(mask, [np.round(collar).astype(np.int32)], 255, cv2.LINE_AA)
    soft = cv2.GaussianBlur(mask, (0, 0), max(0.8, 0.045 * width))
    return np.asarray(soft[..., None] / 255, np.float32)
