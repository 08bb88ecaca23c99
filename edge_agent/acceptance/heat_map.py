"""The heat map: how often each place was seen, drawn over the room. The room is dimmed and blurred: its seats are to be
known again, its people are not."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from edge_agent.acceptance.places import BLIND_BELOW, Place
from edge_agent.vision.counter import Image

_DIM = 0.55
_BLUR = 1 / 160  # of the picture's width
_SEEN_WELL = 0.95
_GOOD, _WEAK, _BLIND = (96, 200, 96), (60, 190, 245), (70, 70, 235)  # BGR


def draw(room: Image, places: Sequence[Place]) -> Image:
    """A circle a place, with the percentage of the pictures it was seen in: the colour alone says nothing to many."""
    height, width = room.shape[:2]
    canvas = (cv2.GaussianBlur(room, (0, 0), max(1.0, width * _BLUR)) * _DIM).astype(np.uint8)
    for place in places:
        middle = round(place.x * width), round(place.y * height)
        radius = max(8, round(0.8 * place.size * width))
        colour = _GOOD if place.share >= _SEEN_WELL else _BLIND if place.share < BLIND_BELOW else _WEAK
        cv2.circle(canvas, middle, radius, colour, max(2, width // 480), cv2.LINE_AA)
        _letter(canvas, f"{100 * place.share:.0f}", (middle[0], middle[1] + radius), colour)
    return canvas


def jpeg(picture: Image) -> bytes:
    _, encoded = cv2.imencode(".jpg", picture)
    return bytes(encoded.tobytes())


def _letter(canvas: Image, text: str, under: tuple[int, int], colour: tuple[int, int, int]) -> None:
    scale = max(0.5, canvas.shape[1] / 2400)
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 2)
    at = under[0] - wide // 2, min(canvas.shape[0] - 4, under[1] + high + 6)
    for ink, thick in (((0, 0, 0), 5), (colour, 2)):
        cv2.putText(canvas, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, ink, thick, cv2.LINE_AA)
