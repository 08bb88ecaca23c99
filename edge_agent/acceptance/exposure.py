"""Glare: the part of a picture that is white without any drawing, as windows are against the light."""

from __future__ import annotations

import cv2
import numpy as np

from edge_agent.vision.counter import Image

_WHITE = 250  # of 255
_WIDE_PX = 320  # looked at no larger than this


def glare(image: Image) -> tuple[float, float]:
    """(share of the picture that is white, how far from the left the middle of it lies, 0..1; 0.5 where none is)."""
    scale = min(1.0, _WIDE_PX / image.shape[1])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    white = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY) >= _WHITE
    columns = np.flatnonzero(white) % white.shape[1]
    return float(white.mean()), float(columns.mean() / white.shape[1]) if columns.size else 0.5
