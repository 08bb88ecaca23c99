"""A picture in a terminal: two pixels a character, the upper half block over its background."""

from __future__ import annotations

import cv2
import numpy as np
from rich.color import Color
from rich.segment import Segment, Segments
from rich.style import Style

MAX_COLUMNS = 160


def half_blocks(jpeg: bytes, columns: int, rows: int) -> Segments | None:
    """`jpeg` scaled to fit `columns` x `rows` characters, its shape kept; None when it is no picture. A hostile JPEG of
    the largest size costs a 64th of its pixels."""
    try:
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_REDUCED_COLOR_8)
        if picture is not None and min(picture.shape[:2]) < 64:  # a small one need not be reduced
            picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_REDUCED_COLOR_2)
    except cv2.error:
        return None
    if picture is None:
        return None
    height, width = picture.shape[:2]
    scale = min(min(columns, MAX_COLUMNS) / width, 2 * rows / height)
    size = max(1, round(width * scale)), max(2, round(height * scale) // 2 * 2)
    small = cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
    segments = []
    for y in range(0, size[1], 2):
        for x in range(size[0]):
            above, below = small[y, x], small[y + 1, x]
            segments.append(Segment("▀", Style(color=_colour(above), bgcolor=_colour(below))))
        segments.append(Segment.line())
    return Segments(segments)


def _colour(pixel: np.ndarray) -> Color:
    return Color.from_rgb(*(int(channel) for channel in pixel))
