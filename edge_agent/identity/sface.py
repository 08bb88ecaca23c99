"""SFace (OpenCV Zoo, December 2021) on OpenVINO: f32, one thread; the same templates as cv2.FaceRecognizerSF.

f32 on every machine, because a similarity must not depend on whether the processor has bf16.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from device_adapters.carriers import check
from edge_agent.identity.engine import SMALLEST_PX, Template, Thresholds, check_face
from edge_agent.vision.counter import Face, Image, check_picture
from edge_agent.vision.models import SFACE
from edge_agent.vision.openvino_network import open_network
from supervisor.rules.evidence import Counter

CHIP_PX = 112
# Where the network expects the five landmarks in its 112 x 112 input (ArcFace's; cv2.FaceRecognizerSF has the same).
_REFERENCE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
THRESHOLDS = Thresholds(single=0.45, agreeing=0.40, pair=0.40, margin=0.05)


class SFaceEngine:
    """A FaceEngine on `models_folder`'s SFace file. Similarity is the cosine, -1 … 1.

    Raises LessonProofError MODEL_MISSING or MODEL_DAMAGED. `smallest_px` is for benches.
    """

    proves_presence = True
    thresholds = THRESHOLDS

    def __init__(self, models_folder: Path, *, smallest_px: float = SMALLEST_PX) -> None:
        self._request, version = open_network(check(SFACE.file, models_folder), [1, 3, CHIP_PX, CHIP_PX])
        self.version = Counter("sface", SFACE.file.sha256, f"openvino {version}", THRESHOLDS.single)
        self.smallest_px = smallest_px

    def describe(self, image: Image, face: Face) -> Template:
        check_picture(image)
        check_face(face, self.smallest_px)
        chip = align(image, face)
        self._request.infer({0: np.ascontiguousarray(chip[None, :, :, ::-1].transpose(0, 3, 1, 2), np.float32)})
        raw = np.array(self._request.get_output_tensor(0).data[0], np.float32)
        return np.asarray(raw / max(float(np.linalg.norm(raw)), 1e-12), np.float32)

    def similarity(self, one: Template, other: Template) -> float:
        return float(one @ other)


def align(image: Image, face: Face) -> Image:
    """uint8[112, 112, 3]: the face turned, scaled and moved so that its landmarks lie on the reference points.

    The similarity transform of least squares (Umeyama 1991 without reflection): with points as complex numbers it is
    w = a z + b.
    """
    here, there = (np.asarray(points, float) @ (1, 1j) for points in (face.landmarks, _REFERENCE))
    z, w = here - here.mean(), there - there.mean()
    a = np.vdot(z, w) / np.vdot(z, z).real
    b = there.mean() - a * here.mean()
    matrix = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
    return np.asarray(cv2.warpAffine(np.ascontiguousarray(image), matrix, (CHIP_PX, CHIP_PX)), np.uint8)
