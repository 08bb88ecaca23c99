"""One selfie against its own person's templates (1:1). The picture stays in memory; it is never written anywhere."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from config.errors import LessonProofError
from edge_agent.identity.engine import FaceEngine, Template
from edge_agent.identity.photographs import SMALLEST_PX
from edge_agent.vision.counter import Image, PeopleCounter
from supervisor.contract.selfie import SelfieEngine, SelfieResult

MOST_SIDE_PX = 1280
"""The phone sends 640; a small file may claim to be a picture of any size, and decoding it would fill the memory."""
_DIGITS = 2
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # JPEG's start-of-frame markers


@dataclass(frozen=True, slots=True)
class Comparison:
    """`similarity` (rounded) only of MATCH and NO_MATCH."""

    result: SelfieResult
    similarity: float | None = None


def compare(
    picture: bytes | None, templates: Sequence[Template], detector: PeopleCounter, engine: FaceEngine
) -> Comparison:
    """`picture`: the opened JPEG; None: it did not open. `templates`: the person's own; none: no reference.

    Faces narrower than 64 px are somebody in the background and not looked at.
    """
    image = None if picture is None else picture_of(picture)
    if image is None:
        return Comparison(SelfieResult.CANNOT_OPEN)
    if not templates:
        return Comparison(SelfieResult.NO_REFERENCE)
    faces = [face for face in detector.count(image).faces if face.w >= SMALLEST_PX]
    if not faces:
        return Comparison(SelfieResult.NO_FACE)
    if len(faces) > 1:
        return Comparison(SelfieResult.SEVERAL_FACES)
    try:
        own = engine.describe(image, faces[0])
    except LessonProofError as error:
        if error.code != "FACE_UNUSABLE":
            raise
        return Comparison(SelfieResult.NO_FACE)
    best = max(engine.similarity(own, template) for template in templates)
    match = best >= engine.thresholds.pair
    return Comparison(SelfieResult.MATCH if match else SelfieResult.NO_MATCH, round(best, _DIGITS))


def engine_of(engine: FaceEngine) -> SelfieEngine:
    version = engine.version
    return SelfieEngine(
        name=version.name,
        model_sha256=version.model_sha256,
        engine=version.engine,
        threshold=engine.thresholds.pair,
    )


def picture_of(data: bytes) -> Image | None:
    """uint8[H, W, 3] of a JPEG; None: it is none, or larger than MOST_SIDE_PX."""
    size = _size_of(data)
    if size is None or not 0 < min(size) <= max(size) <= MOST_SIDE_PX:
        return None
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return None if image is None or min(image.shape[:2]) < 32 else cast(Image, image)


def _size_of(data: bytes) -> tuple[int, int] | None:
    """(height, width) as a JPEG's first frame header says (ITU-T T.81, B.2)."""
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return height, width
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return None
