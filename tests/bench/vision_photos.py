"""Counting on real photographs: how many of the faces are found, and how many are found that are none, by face height.

Every photograph is shrunk (never enlarged) until its median face is so many pixels high, and given to each contender by
itself. A find is right when its middle lies in a marked box and its height is between 0.4 and 2.5 times the box's, one
find a box; the rest are false, except on faces marked as ignored.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from tests.bench.vision_contenders import WHOLE_PICTURE, Contender, Detection
from tests.bench.vision_pictures import Box, Photo

HEIGHTS = (64, 48, 32, 24, 16)
_SIZES = (0.4, 2.5)


@dataclass(frozen=True, slots=True)
class Found:
    """One contender on all photographs of a set at one face height; `cpu_s` for all of them."""

    contender: str
    set_name: str
    face_px: int
    photos: int
    faces: int
    right: int
    false: int
    cpu_s: float
    pixels: int


def measure(photos: Sequence[Photo], contender: Contender, heights: Sequence[int] = HEIGHTS) -> Iterator[Found]:
    """By face height and set; photographs whose faces are smaller than that are left out."""
    for face_px in heights:
        for set_name in dict.fromkeys(photo.set_name for photo in photos):
            usable = [photo for photo in photos if photo.set_name == set_name and photo.face_px >= face_px]
            if any(photo.boxes for photo in usable):
                yield _set(usable, contender, face_px)


def _set(photos: Sequence[Photo], contender: Contender, face_px: int) -> Found:
    right = false = faces = pixels = 0
    cpu_s = 0.0
    for photo in photos:
        scale = face_px / photo.face_px
        image = cv2.resize(photo.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        contender.fresh(WHOLE_PICTURE)
        began = time.process_time()
        look = contender.look(0, np.asarray(image, np.uint8))
        cpu_s += time.process_time() - began
        boxes = [box.scaled(scale) for box in photo.boxes]
        hit, wrong = match(look.boxes, boxes)
        right, false = right + hit, false + wrong
        faces += sum(not box.ignore for box in boxes)
        pixels += image.shape[0] * image.shape[1]
    name = contender.name
    return Found(name, photos[0].set_name, face_px, len(photos), faces, right, false, cpu_s, pixels)


def match(detections: Sequence[Detection], boxes: Sequence[Box]) -> tuple[int, int]:
    """Boxes found (of those not ignored), and detections that are on no face. The nearest pairs first."""
    pairs = sorted(
        (distance, number, which)
        for number, one in enumerate(detections)
        for which, box in enumerate(boxes)
        if (distance := _distance(one, box)) is not None
    )
    used: set[int] = set()
    found: set[int] = set()
    for _, number, which in pairs:
        if number not in used and which not in found:
            used.add(number)
            found.add(which)
    return sum(not boxes[which].ignore for which in found), len(detections) - len(used)


def _distance(one: Detection, box: Box) -> float | None:
    """Between the middles, in box sizes; None: not the same face."""
    across = abs(one.x + one.w / 2 - box.x - box.w / 2) / box.w
    down = abs(one.y + one.h / 2 - box.y - box.h / 2) / box.h
    alike = _SIZES[0] <= one.h / box.h <= _SIZES[1]
    return across + down if alike and max(across, down) <= 0.5 else None


def table(found: Sequence[Found]) -> str:
    """Markdown: a row each contender, a column each face height; found of all, and false ones."""
    heights = sorted({each.face_px for each in found}, reverse=True)
    sizes = {px: next(_of(found, each.contender, px) for each in found) for px in heights}
    head = ["", *(f"{px} px ({sizes[px].faces} faces)" for px in heights)]
    lines = [_row(head), _row(["---", *["---"] * len(heights)])]
    for name in dict.fromkeys(each.contender for each in found):
        cells = []
        for px in heights:
            one = _of(found, name, px)
            cells.append(f"{100 * one.right / one.faces:.1f} %, {one.false} false" if one.faces else "—")
        lines.append(_row([name, *cells]))
    return "\n".join(lines)


def _of(found: Sequence[Found], contender: str, face_px: int) -> Found:
    """All sets of one contender at one height together."""
    some = [each for each in found if each.contender == contender and each.face_px == face_px]
    fields = ("photos", "faces", "right", "false", "cpu_s", "pixels")
    return Found(contender, "all", face_px, *(sum(getattr(each, field) for each in some) for field in fields))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
