"""From a trainee's photographs to templates: exactly one face each, large and sharp enough, of one person.

A photograph is read, described and let go; it is never stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from config.errors import LessonProofError
from edge_agent.identity.engine import FaceEngine, Template
from edge_agent.identity.sface import align
from edge_agent.identity.templates import MOST_PHOTOGRAPHS
from edge_agent.vision import pictures
from edge_agent.vision.counter import Face, Image, PeopleCounter

SMALLEST_PX = 64  # face width of a photograph to enrol from
LEAST_SHARPNESS = 30.0
"""Least `sharpness` of a photograph. Of 66 sharp faces at least 64 px wide 65 reach it; blurred (Gaussian, standard
deviation) by 1 % of the face's width 62, by 2 % 18, by 3 % one.
"""
_FEATURES = (slice(24, 96), slice(20, 92))  # of the aligned face: eyes to mouth, without hair, collar and wall


@dataclass(frozen=True, slots=True)
class Photograph:
    path: Path
    template: Template
    face: Face
    sharpness: float


def describe_all(paths: Sequence[Path], detector: PeopleCounter, engine: FaceEngine) -> tuple[Photograph, ...]:
    """Each photograph's template, in order.

    Raises LessonProofError FILE_NOT_FOUND, FILE_NOT_PICTURE, PICTURE_UNUSABLE, or, naming the photograph and why:
    PHOTO_FACES, PHOTO_SMALL, PHOTO_BLURRED, PHOTOS_DISAGREE, PHOTOS_NUMBER.
    """
    if not 1 <= len(paths) <= MOST_PHOTOGRAPHS:
        raise LessonProofError(
            "PHOTOS_NUMBER", zh=f"请提供 1 至 {MOST_PHOTOGRAPHS} 张照片", en=f"1 to {MOST_PHOTOGRAPHS} photographs"
        )
    photographs = tuple(_describe(path, detector, engine) for path in paths)
    _check_one_person(photographs, engine)
    return photographs


def read_photograph(path: Path) -> Image:
    """Raises LessonProofError FILE_NOT_FOUND, FILE_NOT_PICTURE."""
    still = next(pictures.read(path))
    if still.at_s is not None:
        raise _bad(path, "FILE_NOT_PICTURE", "是视频,需要照片", "a video, where a photograph is needed")
    return still.image


def sharpness(image: Image, face: Face) -> float:
    """Variance of the Laplacian between eyes and mouth, the face brought to 112 px: larger is sharper."""
    grey = cv2.cvtColor(align(image, face)[_FEATURES], cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def _describe(path: Path, detector: PeopleCounter, engine: FaceEngine) -> Photograph:
    image = read_photograph(path)
    faces = detector.count(image).faces
    if len(faces) != 1:
        raise _bad(
            path,
            "PHOTO_FACES",
            f"有 {len(faces)} 张人脸,需要恰好一张",
            f"{len(faces)} faces, where exactly one is needed",
        )
    (face,) = faces
    if face.w < SMALLEST_PX:
        raise _bad(
            path,
            "PHOTO_SMALL",
            f"人脸只有 {face.w:.0f} 像素宽,至少需要 {SMALLEST_PX}。请靠近拍摄",
            f"the face is {face.w:.0f} px wide and {SMALLEST_PX} are needed: take it from nearer",
        )
    found = sharpness(image, face)
    if found < LEAST_SHARPNESS:
        raise _bad(
            path,
            "PHOTO_BLURRED",
            f"人脸模糊(清晰度 {found:.0f},至少 {LEAST_SHARPNESS:.0f})。请在光线充足处重拍",
            f"the face is blurred (sharpness {found:.0f}, least {LEAST_SHARPNESS:.0f}): take it again in better light",
        )
    return Photograph(path, engine.describe(image, face), face, found)


def _check_one_person(photographs: Sequence[Photograph], engine: FaceEngine) -> None:
    """Every photograph is like some other; the least like is named."""
    if len(photographs) < 2:
        return
    nearest = {
        one.path: max(engine.similarity(one.template, other.template) for other in photographs if other is not one)
        for one in photographs
    }
    path, similarity = min(nearest.items(), key=lambda item: item[1])
    if similarity < engine.thresholds.pair:
        raise _bad(
            path,
            "PHOTOS_DISAGREE",
            f"与其他照片不像同一个人(相似度 {similarity:.2f},至少 {engine.thresholds.pair:.2f})",
            f"does not look like the person of the others (similarity {similarity:.2f}, "
            f"least {engine.thresholds.pair:.2f})",
        )


def _bad(path: Path, code: str, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, zh=f"照片 {path}:{zh}", en=f"photograph {path}: {en}", status=422, where=str(path))
