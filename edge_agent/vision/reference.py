"""What a camera usually shows, learnt from several pictures when it is accepted; some kB that tell a turned, blurred or
unlabelled picture from a healthy one later.

It holds a grey picture of 160 points on its long side, the median of those it was learnt from, so that who moved is not
in it. Nobody can be recognised: a face in the first row is four points wide.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.errors import LessonProofError
from edge_agent.vision import place
from edge_agent.vision.counter import Image
from edge_agent.vision.views import (
    SMALL_PX,
    STRIP,
    STROKE,
    Grey,
    Views,
    change,
    sharpness,
    strokes,
    tiles,
    views,
    white,
)

VERSION = 1
FEWEST_PICTURES = 5
FEWEST_ANCHORS = 6
MAX_BYTES = 32_000

_MAGIC = b"LPREF"
_DIGEST_BYTES = 16
_JPEG_QUALITY = 90
_HELD = 0.8  # an anchor is in place in so many of the pictures
_SAME_SCENE = 0.5  # share of the anchors in place in every picture
_LETTERS_HIGH = (0.012, 0.09)  # of the picture's height
_LETTERS_LONG = 5  # times their height
_LETTERS_DENSE = 0.25  # share of their box that is strokes
_STAYS, _TICKS = (
    0.4,
    0.01,
)  # share of the strokes that are there in every picture; of the box that becomes another digit


@dataclass(frozen=True, slots=True)
class Overlay:
    """Where the clock is burnt in, as shares of width and height, and the share of that box which is strokes."""

    left: float
    top: float
    right: float
    bottom: float
    strokes: float

    def seen(self, fine: Grey) -> float:
        """Share of its box (0..1) that is strokes in this picture."""
        return float(strokes(fine[self._box(fine.shape)]).mean())

    def _box(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        rows = slice(round(self.top * shape[0]), max(round(self.bottom * shape[0]), round(self.top * shape[0]) + 1))
        columns = slice(round(self.left * shape[1]), max(round(self.right * shape[1]), round(self.left * shape[1]) + 1))
        return rows, columns


@dataclass(frozen=True, slots=True)
class Reference:
    width: int  # of the fine picture
    height: int
    sharpness: float  # these three: `views`, the median over the pictures
    structure: float
    white: float
    grain: float  # `views.Change`, the least between two pictures: what this camera's sensor noise leaves after coding
    jpeg: bytes  # the small picture
    anchors: tuple[tuple[int, int], ...]  # row, column: `place`
    overlay: Overlay | None  # None: no clock was found, so none can go missing

    @property
    def small(self) -> Grey:
        """uint8[h, w], 160 points on its long side."""
        return _decoded(self.jpeg)

    @property
    def tiles(self) -> place.Anchors:
        return np.array(self.anchors, np.intp).reshape(-1, 2)

    def to_bytes(self) -> bytes:
        stored = _Stored(
            width=self.width, height=self.height, sharpness=self.sharpness, structure=self.structure, white=self.white,
            grain=self.grain, jpeg=base64.b64encode(self.jpeg).decode(), anchors=self.anchors,
            overlay=_StoredOverlay.model_validate(self.overlay) if self.overlay else None,
        )  # fmt: skip
        content = json.dumps(stored.model_dump(), separators=(",", ":")).encode()
        return _MAGIC + bytes([VERSION]) + hashlib.sha256(content).digest()[:_DIGEST_BYTES] + content

    @staticmethod
    def from_bytes(stored: bytes) -> Reference:
        """Raises LessonProofError REFERENCE_DAMAGED, also for one of another version."""
        header = len(_MAGIC) + 1 + _DIGEST_BYTES
        if len(stored) > MAX_BYTES or len(stored) < header or not stored.startswith(_MAGIC):
            raise _damaged("not a reference")
        if stored[len(_MAGIC)] != VERSION:
            raise _damaged(f"version {stored[len(_MAGIC)]}, not {VERSION}")
        content = stored[header:]
        if hashlib.sha256(content).digest()[:_DIGEST_BYTES] != stored[len(_MAGIC) + 1 : header]:
            raise _damaged("its checksum does not match")
        try:
            read = _Stored.model_validate_json(content)
            reference = Reference(
                read.width, read.height, read.sharpness, read.structure, read.white, read.grain,
                base64.b64decode(read.jpeg, validate=True), read.anchors,
                Overlay(**read.overlay.model_dump()) if read.overlay else None,
            )  # fmt: skip
            reference.small  # noqa: B018 - a picture that does not decode is damage too
        except (ValidationError, ValueError) as error:
            raise _damaged(type(error).__name__) from None
        return reference


def learn(pictures: Sequence[Image]) -> Reference:
    """From at least five pictures of one camera, some seconds or more apart, of one size, after the coding the camera
    will use. People may be in them, the more they move the better.

    Raises LessonProofError PICTURE_UNUSABLE, REFERENCE_UNLEARNABLE."""
    if len(pictures) < FEWEST_PICTURES:
        raise _unlearnable(f"{len(pictures)} 张画面,至少要 {FEWEST_PICTURES} 张",
                           f"{len(pictures)} pictures, at least {FEWEST_PICTURES} are needed")  # fmt: skip
    seen = [views(picture) for picture in pictures]
    if len({view.fine.shape for view in seen}) > 1:
        raise _unlearnable("画面大小不一", "the pictures differ in size")
    jpeg = _jpeg(np.median(np.stack([view.small for view in seen]), axis=0).astype(np.uint8))
    fixed = _anchors(_decoded(jpeg), seen)
    height, width = seen[0].fine.shape
    measured = np.median([[sharpness(one.inner), tiles(one.inner).structure, white(one.inner)] for one in seen], axis=0)
    sharp, structured, bright = (round(float(number), 4) for number in measured)
    return Reference(
        width=width, height=height, sharpness=sharp, structure=structured, white=bright, grain=_grain(seen), jpeg=jpeg,
        anchors=tuple((int(row), int(column)) for row, column in fixed), overlay=_overlay([one.fine for one in seen]),
    )  # fmt: skip


def _anchors(small: Grey, seen: Sequence[Views]) -> place.Anchors:
    """The anchors that stay in place while people move."""
    strip = round(small.shape[0] * STRIP)
    tiles = place.anchors(small, strip, small.shape[0] - strip)
    if len(tiles) >= FEWEST_ANCHORS:
        held = np.stack([place.compare(place.flat(small), place.flat(view.small), tiles).held for view in seen])
        if held.mean(axis=1).min() < _SAME_SCENE:
            raise _unlearnable("画面之间镜头有移动", "the camera moved between the pictures")
        tiles = tiles[held.mean(axis=0) >= _HELD]
    if len(tiles) < FEWEST_ANCHORS:
        raise _unlearnable("画面中固定可辨的景物太少", "too few fixed things can be made out in the pictures")
    return tiles


def _grain(seen: Sequence[Views]) -> float:
    """0 when there is too little of it to be told from a picture that stands still."""
    changes = [change(one.inner, other.inner, tiles(other.inner).alive) for one, other in pairwise(seen)]
    return round(min(one.grain or 0.0 for one in changes), 4)


def _overlay(pictures: Sequence[Grey]) -> Overlay | None:
    """A line of letters near the top or the bottom, of which most stay and some change: a clock."""
    height, width = pictures[0].shape
    strip = round(height * STRIP)
    gaps = np.ones((max(round(height * 0.006), 1), max(round(width * 0.025), 1)), np.uint8)
    best: Overlay | None = None
    for top in (0, height - strip):
        band = np.stack([picture[top : top + strip] for picture in pictures])
        marks = np.stack([strokes(picture) for picture in band])
        ticking = np.ptp(band, axis=0) >= STROKE
        lines = cv2.morphologyEx(np.asarray(marks.any(axis=0), np.uint8), cv2.MORPH_CLOSE, gaps)
        for x, y, w, h, _ in cv2.connectedComponentsWithStats(lines)[2][1:].tolist():
            box = np.s_[y : y + h, x : x + w]
            letters = marks[:, *box]
            dense = float(np.median(letters.mean(axis=(1, 2))))
            is_line = _LETTERS_HIGH[0] * height <= h <= _LETTERS_HIGH[1] * height and w >= _LETTERS_LONG * h
            is_clock = letters.all(axis=0).sum() >= _STAYS * letters.any(axis=0).sum() and ticking[box].mean() >= _TICKS
            if is_line and is_clock and dense >= max(_LETTERS_DENSE, best.strokes if best else 0):
                left, right = round(x / width, 5), round((x + w) / width, 5)
                upper, lower = round((top + y) / height, 5), round((top + y + h) / height, 5)
                best = Overlay(left, upper, right, lower, round(dense, 4))
    return best


class _StoredOverlay(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True)

    left: float = Field(ge=0, le=1)
    top: float = Field(ge=0, le=1)
    right: float = Field(ge=0, le=1)
    bottom: float = Field(ge=0, le=1)
    strokes: float = Field(gt=0, le=1)


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    width: int = Field(ge=1, le=960)
    height: int = Field(ge=1, le=960)
    sharpness: float = Field(ge=0)
    structure: float = Field(ge=0, le=1)
    white: float = Field(ge=0, le=1)
    grain: float = Field(ge=0, le=255)
    jpeg: str
    anchors: tuple[tuple[int, int], ...] = Field(min_length=FEWEST_ANCHORS, max_length=64)
    overlay: _StoredOverlay | None


def _jpeg(small: Grey) -> bytes:
    return bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1])


def _decoded(jpeg: bytes) -> NDArray[np.uint8]:
    small = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE) if jpeg else None
    if small is None or max(small.shape) > SMALL_PX:
        raise ValueError("no small picture")
    return np.asarray(small, np.uint8)


def _unlearnable(zh: str, en: str) -> LessonProofError:
    return LessonProofError(
        "REFERENCE_UNLEARNABLE",
        zh=f"无法学习该摄像头的基准画面:{zh}。请在灯光正常、镜头不动时重新采集",
        en=f"no reference can be learnt for this camera: {en}. Take pictures again, lit as usual, the camera at rest",
        status=422,
    )


def _damaged(detail: str) -> LessonProofError:
    return LessonProofError(
        "REFERENCE_DAMAGED",
        zh=f"摄像头基准画面已损坏或版本不符:{detail}。请重新验收该摄像头",
        en=f"the camera's reference is damaged or of another version: {detail}. Accept the camera again",
        status=500,
    )
