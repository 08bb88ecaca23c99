"""The `face-recognition` backend: dlib's ResNet by dlib's own interface, from the packages of that extra.

The package itself is never imported: on import it loads the 68-point landmark file, whose training set (iBUG 300-W)
forbids commercial use, and with a new setuptools it ends the process. Its other two files are in the public domain.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np

from config.errors import LessonProofError
from device_adapters.carriers import digest
from edge_agent.identity.engine import SMALLEST_PX, Template, Thresholds, check_face
from edge_agent.vision.counter import Face, Image, check_picture
from supervisor.rules.evidence import Counter

COMMAND = "uv sync --extra face-recognition"
RESNET = (
    "dlib_face_recognition_resnet_model_v1.dat",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
)
FIVE_POINTS = (
    "shape_predictor_5_face_landmarks.dat",
    "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
)
# Distance 0.40, where face_recognition's own default is 0.6: that took 39 % of pairs of different East Asian people
# for the same person (docs/identity.md).
THRESHOLDS = Thresholds(single=0.60, agreeing=0.60, pair=0.60, margin=0.05)


class DlibEngine:
    """A FaceEngine. Similarity is 1 - Euclidean distance: 1 the same, 0.60 is distance 0.40.

    Raises LessonProofError FACE_RECOGNITION_MISSING, FACE_RECOGNITION_DAMAGED.
    """

    proves_presence = False
    thresholds = THRESHOLDS

    def __init__(self, *, smallest_px: float = SMALLEST_PX) -> None:
        folder = models_folder()
        try:
            import dlib
        except ImportError:
            raise _missing("dlib-bin") from None
        self._dlib = dlib
        self._points = dlib.shape_predictor(str(_checked(folder, *FIVE_POINTS)))
        self._network = dlib.face_recognition_model_v1(str(_checked(folder, *RESNET)))
        self.version = Counter("dlib-resnet-v1", RESNET[1], f"dlib {dlib.__version__}", THRESHOLDS.single)
        self.smallest_px = smallest_px

    def describe(self, image: Image, face: Face) -> Template:
        check_picture(image)
        check_face(face, self.smallest_px)
        rgb = np.ascontiguousarray(image[:, :, ::-1])
        points = self._points(rgb, self._dlib.rectangle(*_square(face)))
        return np.asarray(self._network.compute_face_descriptor(rgb, points), np.float32)

    def similarity(self, one: Template, other: Template) -> float:
        return 1 - float(np.linalg.norm(one - other))


def models_folder() -> Path:
    """Where the extra's model files lie. Raises LessonProofError FACE_RECOGNITION_MISSING."""
    for package in ("face_recognition", "face_recognition_models"):
        found = importlib.util.find_spec(package)  # finds it without running it
        if found is None or found.origin is None:
            raise _missing(package)
        folder = Path(found.origin).parent / "models"
    return folder


def _square(face: Face) -> tuple[int, int, int, int]:
    """Left, top, right, bottom as dlib's own detector frames a face, on which the landmark model was trained: a square
    about its middle, 1.12 times as wide as YuNet's box (median of 73 faces that both found).
    """
    x, y, half = face.x + face.w / 2, face.y + face.h / 2, 1.12 * face.w / 2
    return round(x - half), round(y - half), round(x + half), round(y + half)


def _checked(folder: Path, name: str, sha256: str) -> Path:
    if digest(folder / name) != sha256:
        raise LessonProofError(
            "FACE_RECOGNITION_DAMAGED",
            zh=f"face-recognition 的模型文件 {name} 缺失或不是所需文件。请重新运行 {COMMAND}",
            en=f"the model file {name} of face-recognition is missing or another file: run `{COMMAND}` again",
            status=503,
            where=str(folder / name),
        )
    return folder / name


def _missing(package: str) -> LessonProofError:
    return LessonProofError(
        "FACE_RECOGNITION_MISSING",
        zh=f'face_engine = "face-recognition" 需要软件包 {package}。请运行 {COMMAND}',
        en=f'face_engine = "face-recognition" needs the package {package}: run `{COMMAND}`',
        status=503,
        where=package,
    )
