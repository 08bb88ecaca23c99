"""What a face engine is: a face of a picture in, a template out, and how alike two templates are.

Identity is opt-in and apart from counting: nothing here runs unless the box's settings say `identity = true`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from config.errors import LessonProofError
from config.settings import EdgeSettings
from edge_agent.vision.counter import Face, Image
from supervisor.rules.evidence import Counter

Template = NDArray[np.float32]
"""float32[128]: what an engine makes of one face."""

TEMPLATE_SIZE = 128
SMALLEST_PX = 32  # face width; a narrower face is counted, never identified (docs/identity.md)
LANDMARKS = 5


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Least similarity, on the engine's own scale. `margin`: the best trainee above the second best, always."""

    single: float  # one frame alone names a trainee
    agreeing: float  # several frames name the same trainee
    pair: float  # 1:1, a selfie against one person's photographs
    margin: float


class FaceEngine(Protocol):
    @property
    def version(self) -> Counter:
        """Model, its SHA-256, engine, and the threshold of a single frame."""

    @property
    def thresholds(self) -> Thresholds: ...

    @property
    def smallest_px(self) -> float:
        """Faces narrower than this are refused."""

    @property
    def proves_presence(self) -> bool:
        """Whether what it says may be evidence that somebody is there. It never replaces the people count."""

    def describe(self, image: Image, face: Face) -> Template:
        """The template of one face, by one thread at a time. Raises LessonProofError FACE_UNUSABLE."""

    def similarity(self, one: Template, other: Template) -> float:
        """Larger is more alike; symmetric. Both templates are from this engine."""


def comparable(one: Counter, other: Counter) -> bool:
    """Whether templates of the two may be compared: same model, whatever runs it and whatever the threshold."""
    return (one.name, one.model_sha256) == (other.name, other.model_sha256)


def check_face(face: Face, smallest_px: float) -> None:
    """Raises LessonProofError FACE_UNUSABLE."""
    if (
        len(face.landmarks) != LANDMARKS
        or not np.isfinite(face.landmarks).all()
        or len(set(face.landmarks)) < LANDMARKS
    ):
        problem = ("没有五个关键点", "it does not have five landmarks")
    elif not face.w >= smallest_px:
        problem = (f"宽 {face.w:.0f} 像素,小于 {smallest_px:g}", f"{face.w:.0f} px wide, less than {smallest_px:g}")
    else:
        return
    raise LessonProofError(
        "FACE_UNUSABLE", zh=f"人脸不能用于识别:{problem[0]}", en=f"face cannot be identified: {problem[1]}", status=422
    )


def open_engine(settings: EdgeSettings) -> FaceEngine:
    """The engine that the settings name. Raises LessonProofError IDENTITY_OFF, MODEL_MISSING, MODEL_DAMAGED,
    FACE_RECOGNITION_MISSING.
    """
    check_enabled(settings)
    # Here, not above: a box without identity loads neither.
    if settings.face_engine == "face-recognition":
        from edge_agent.identity.dlib_engine import DlibEngine

        return DlibEngine()
    from edge_agent.identity.sface import SFaceEngine

    return SFaceEngine(settings.models_dir)


def check_enabled(settings: EdgeSettings) -> None:
    """Raises LessonProofError IDENTITY_OFF."""
    if not settings.identity:
        raise LessonProofError(
            "IDENTITY_OFF",
            zh="本盒子未启用人脸身份识别。完成个人信息保护影响评估后,在 edge.toml 中写 identity = true",
            en="identity by face is off on this box: after the impact assessment, write `identity = true` in edge.toml",
            status=409,
        )
