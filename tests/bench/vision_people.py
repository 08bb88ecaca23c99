"""Cut-out people for the composed classroom: real heads with their own shoulders, in the poses a trainee takes.

Real: the head, hair, collar and upper chest of each person, from two photographs (Solvay 1927, tinted, and the seated
rows of img12). Composed: the rest of the body (painted in the person's own clothes' colour); a head that is bent or
turned away, whose face is covered with that person's own hair (one real head seen from behind is among them, of
img08); a head half turned or writing, which is the real one squeezed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from device_adapters.simulator.faces import BOXES, PHOTOGRAPH, cut_head
from tests.bench.vision_pictures import TRUTH, picture, read_truth

Pixels = NDArray[np.uint8]

_SIDE, _ABOVE, _BELOW = 1.15, 0.75, 1.0  # what is cut around a face box, in face widths (as faces.cut_head does)
_WIDE, _HIGH = 1.65, 1.25  # a sprite reaches so far to each side of and above the middle of the face, in face widths
SEATED, UPRIGHT = 3.6, 8.5  # ... and so far below it
_NEAREST_MONK = 60  # smaller faces of img12 are out of focus
_FROM_BEHIND = (1420, 470, 230, 290)  # the head of img08 that is turned away
_BODY = ((0.0, 0.12), (0.42, 0.2), (0.95, 0.42), (1.22, 0.72), (1.36, 1.25), (1.46, 2.2), (1.5, 9.0))
"""Outline from the chin down, one half: (out, down) in face widths."""


class Pose(StrEnum):
    FRONT = "front"
    HALF = "half"  # turned some 40 degrees: squeezed
    WRITING = "writing"  # head lowered, the face still to be seen
    BENT = "bent"  # over the desk: the crown of the head
    TURNED = "turned"  # away: hair


SHOWS_FACE = frozenset({Pose.FRONT, Pose.HALF, Pose.WRITING})


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    picture: Pixels  # [H, W, 3] BGR
    alpha: NDArray[np.float32]  # [H, W], 0..1
    anchor: tuple[int, int]  # middle of the face
    face: tuple[int, int]  # width and height of its box, px


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """A head as photographed: crop, the middle of the face box in it, and the box's sides (px)."""

    picture: Pixels
    anchor: tuple[float, float]
    width: float
    height: float


def solvay_people() -> int:
    return len(BOXES)


@cache
def people() -> int:
    """How many different people there are; the first `solvay_people()` are of a photograph in the public domain."""
    return solvay_people() + len(_monks())


@cache
def sprite(number: int, face_px: float, pose: Pose, below: float = SEATED) -> Sprite:
    """Person `number` (from 0, round and round) with a face box `face_px` wide, down to `below` face widths."""
    number %= people()
    cut = _cut(number, face_px)
    if pose in (Pose.BENT, Pose.TURNED):
        behind = pose is Pose.TURNED and number % 6 == 5
        cut = _crop(picture("img08.jpg"), _FROM_BEHIND, face_px) if behind else _covered(cut, pose)
    flat = {Pose.BENT: 0.78, Pose.WRITING: 0.86}.get(pose, 1.0)
    narrow = 0.8 if pose is Pose.HALF else 1.0
    return _compose(cut, _clothes(_cut(number, face_px)), narrow, flat, 9 if pose is Pose.WRITING else 0, below, number)


@cache
def _monks() -> tuple[tuple[int, int, int, int], ...]:
    """Faces of img12 that are sharp, whole, and have their shoulders in the picture."""
    boxes = read_truth(TRUTH / "findfaces.csv")["img12.jpg"]
    return tuple(
        (round(box.x), round(box.y), round(box.w), round(box.h))
        for box in boxes
        if not box.ignore and box.w >= _NEAREST_MONK and box.y > 60 and box.x > 60 and box.x + box.w < 1860
    )


@cache
def _photograph() -> Pixels:
    return np.asarray(cv2.cvtColor(picture(PHOTOGRAPH.name), cv2.COLOR_BGR2GRAY), np.uint8)


@cache
def _cut(number: int, face_px: float) -> _Cut:
    if number >= solvay_people():
        return _crop(picture("img12.jpg"), _monks()[number - solvay_people()], face_px)
    _, _, width, height = BOXES[number]
    head = cut_head(_photograph(), number, face_px)
    return _Cut(head.picture, head.anchor, face_px, face_px * height / width)


def _crop(source: Pixels, box: tuple[int, int, int, int], face_px: float) -> _Cut:
    x, y, width, height = box
    left, top = max(round(x + width / 2 - _SIDE * width), 0), max(round(y - _ABOVE * width), 0)
    right, bottom = round(x + width / 2 + _SIDE * width), round(y + height + _BELOW * width)
    crop = source[top:bottom, left:right]
    scale = face_px / width
    size = (round(crop.shape[1] * scale), round(crop.shape[0] * scale))
    anchor = ((x + width / 2 - left) * scale, (y + height / 2 - top) * scale)
    return _Cut(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), anchor, face_px, height * scale)


def _covered(cut: _Cut, pose: Pose) -> _Cut:
    """The face under the person's own hair, darker towards the rim, as the back (or crown) of a round head is."""
    x, width = cut.anchor[0], cut.width
    top = cut.anchor[1] - cut.height / 2
    rows = slice(max(round(top - 0.3 * width), 0), max(round(top - 0.06 * width), 2))
    strip = cut.picture[rows, round(x - 0.28 * width) : round(x + 0.28 * width)]
    result = cut.picture.copy()
    high, wide = result.shape[:2]
    tall = np.vstack([strip, strip[::-1]] * 2)
    hair = cv2.GaussianBlur(cv2.resize(tall, (wide, high), interpolation=cv2.INTER_LINEAR), (0, 0), 0.03 * width + 0.3)
    down, out = np.mgrid[0:high, 0:wide].astype(np.float32)
    chin = top + cut.height * (0.98 if pose is Pose.BENT else 0.9)
    centre, half = (top - 0.36 * width + chin) / 2, (chin - top + 0.36 * width) / 2
    radius = np.sqrt(((out - x) / (0.62 * width)) ** 2 + ((down - centre) / half) ** 2)[..., None]
    shade = np.clip(1.12 - 0.45 * radius**2 + 0.12 * (centre - down[..., None]) / half, 0.4, 1.2)
    cover = np.clip((1.02 - radius) / 0.12, 0, 1)
    result[:] = np.clip(hair * shade * cover + result * (1 - cover), 0, 255).astype(np.uint8)
    return _Cut(result, cut.anchor, cut.width, cut.height)


def _clothes(cut: _Cut) -> tuple[float, float, float]:
    """The middle colour of what the person wears on the chest."""
    low = cut.picture[round(cut.picture.shape[0] * 0.9) :, round(cut.picture.shape[1] * 0.2) :]
    blue, green, red = (float(value) for value in np.median(low.reshape(-1, 3), axis=0))
    return blue, green, red


def _compose(
    cut: _Cut,
    clothes: tuple[float, float, float],
    narrow: float,
    flat: float,
    tilt: float,
    below: float,
    number: int,
) -> Sprite:
    """Body, then the cut-out on it; `narrow` and `flat` squeeze the cut-out, `tilt` (degrees) leans the head."""
    width = cut.width
    size = (round(2 * _WIDE * width), round((_HIGH + below) * width))
    x, y = round(_WIDE * width), round(_HIGH * width)
    chin = y + cut.height * flat / 2
    body = _painted(size, (x, chin), width, clothes, number)
    move = cv2.getRotationMatrix2D(cut.anchor, tilt if number % 2 else -tilt, 1.0)
    squeeze = np.array([[narrow, 0, x - narrow * cut.anchor[0]], [0, flat, y - flat * cut.anchor[1]], [0, 0, 1]])
    warp = (squeeze @ np.vstack([move, [0, 0, 1]]))[:2]
    head = cv2.warpAffine(cut.picture, warp, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpAffine(_silhouette(cut), warp, size, flags=cv2.INTER_LINEAR)[..., None]
    mask = np.maximum(alpha, body[..., 3:] / np.float32(255))
    colours = head * alpha + body[..., :3] * (1 - alpha)
    return Sprite(colours.astype(np.uint8), mask[..., 0], (x, y), (round(width * narrow), round(cut.height * flat)))


def _painted(
    size: tuple[int, int], neck: tuple[float, float], width: float, clothes: tuple[float, float, float], number: int
) -> Pixels:
    """uint8[H, W, 4]: shoulders, arms and chest with folds; the alpha last."""
    mask = np.zeros((size[1], size[0]), np.uint8)
    x, chin = neck
    outline = [(x + out * width, chin + down * width) for out, down in _BODY]
    outline += [(x - out * width, chin + down * width) for out, down in reversed(_BODY)]
    cv2.fillPoly(mask, [np.round(np.array(outline) * 16).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
    folds = np.random.default_rng(number).normal(1.0, 0.16, (6, 5)).astype(np.float32)
    shade = cv2.resize(folds, size, interpolation=cv2.INTER_CUBIC)
    out = np.abs(np.arange(size[0]) - x)[None, :] / width
    shade = shade * np.where(out > 1.0, 0.8, 1.0) * np.clip(1.1 - 0.12 * out**2, 0.7, 1.1)
    shade[:, max(x - max(round(width / 40), 1), 0) : round(x + 1)] *= 0.8
    colour = np.clip(np.array(clothes)[None, None, :] * shade[..., None], 0, 255)
    soft = cv2.GaussianBlur(mask, (0, 0), max(0.7, 0.02 * width))
    return np.dstack([colour.astype(np.uint8), soft])


def _silhouette(cut: _Cut) -> NDArray[np.float32]:
    """float32[H, W]: an egg around hair and chin, neck and shoulders; soft, and fading into the painted chest."""
    mask = np.zeros(cut.picture.shape[:2], np.uint8)
    (x, y), width = cut.anchor, cut.width
    chin, crown = y + cut.height / 2, y - cut.height / 2 - 0.36 * width
    axes = (round(0.63 * width), round((chin - crown) / 2 + 0.04 * width))
    cv2.ellipse(mask, (round(x), round((crown + chin) / 2)), axes, 0, 0, 360, 255, -1, cv2.LINE_AA)
    half = ((0.36, -0.2), (0.44, 0.12), (0.62, 0.3), (0.95, 0.48), (1.1, 0.75), (1.1, 1.0))
    shoulders = [(x + out * width, chin + down * width) for out, down in half]
    shoulders += [(x - out * width, chin + down * width) for out, down in reversed(half)]
    cv2.fillPoly(mask, [np.round(shoulders).astype(np.int32)], 255, cv2.LINE_AA)
    soft = cv2.GaussianBlur(mask, (0, 0), max(0.8, 0.045 * width)).astype(np.float32) / 255
    fade = np.clip((chin + 0.95 * width - np.arange(len(soft), dtype=np.float32)) / (0.3 * width), 0, 1)
    return soft * fade[:, None]
