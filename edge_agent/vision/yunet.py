"""YuNet (OpenCV Zoo, MIT) as a people counter: every face is a person.

The picture goes in at its native resolution, padded to a multiple of 32: shrinking it would lose the back row. OpenVINO
runs the network; OpenCV's own engine is the fallback and finds the same faces.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device_adapters.carriers import check
from edge_agent.vision.counter import Count, Face, Image, check_picture
from edge_agent.vision.models import YUNET
from edge_agent.vision.openvino_network import open_network
from supervisor.rules.evidence import Counter

Rows = NDArray[np.float32]
"""float32[n, 15]: x, y, w, h, five landmarks as (x, y), score; best score first. The layout of cv2.FaceDetectorYN."""

THRESHOLD = 0.6
NMS_IOU = 0.3
_STRIDES = (8, 16, 32)
_TOP_K = 5000  # candidates kept before suppression, as in OpenCV


class Engine(StrEnum):
    OPENVINO = "openvino"
    OPENCV = "opencv"


class YuNetCounter:
    """A PeopleCounter on `models_folder`'s YuNet file; `engine` is a value of Engine.

    Raises LessonProofError MODEL_MISSING or MODEL_DAMAGED, ValueError for an engine there is not.
    """

    def __init__(self, models_folder: Path, *, engine: str = Engine.OPENVINO, threshold: float = THRESHOLD) -> None:
        model = check(YUNET.file, models_folder)
        opened = _open_openvino if Engine(engine) is Engine.OPENVINO else _open_opencv
        self._detect, version = opened(model, threshold)
        self._counter = Counter(YUNET.name, YUNET.file.sha256, f"{Engine(engine).value} {version}", threshold)

    @property
    def counter(self) -> Counter:
        return self._counter

    def count(self, image: Image) -> Count:
        check_picture(image)
        faces = tuple(_face(row) for row in self._detect(image))
        return Count(len(faces), faces)


def _face(row: NDArray[np.float32]) -> Face:
    x, y, w, h, *points, score = (float(value) for value in row)
    return Face(x, y, w, h, score, tuple(zip(points[::2], points[1::2], strict=True)))


def _open_openvino(model: Path, threshold: float) -> tuple[Callable[[Image], Rows], str]:
    request, version = open_network(model, [1, 3, -1, -1])

    def detect(image: Image) -> Rows:
        height, width = image.shape[:2]
        padded = np.zeros((1, 3, -(-height // 32) * 32, -(-width // 32) * 32), np.float32)
        padded[0, :, :height, :width] = image.transpose(2, 0, 1)
        request.infer({0: padded})
        found = [
            decode(*(request.get_tensor(f"{head}_{stride}").data[0] for head in ("cls", "obj", "bbox", "kps")),
                   stride=stride, columns=padded.shape[3] // stride, threshold=threshold)
            for stride in _STRIDES
        ]  # fmt: skip
        return suppress(np.concatenate(found))

    return detect, version


def decode(cls: Rows, obj: Rows, bbox: Rows, kps: Rows, *, stride: int, columns: int, threshold: float) -> Rows:
    """One stride's heads (`cls`, `obj` [n, 1], `bbox` [n, 4], `kps` [n, 10], n = cells, row by row) to Rows.

    A cell's score is the geometric mean of class and objectness; the box is its centre's offset from the cell and the
    logarithm of its size, the landmarks are offsets, all in strides.
    """
    scores = np.sqrt(np.clip(cls[:, 0], 0, 1) * np.clip(obj[:, 0], 0, 1))
    cells = np.flatnonzero(scores > threshold)
    origin = np.stack([cells % columns, cells // columns], axis=1).astype(np.float32)
    centre = (origin + bbox[cells, :2]) * stride
    size = np.exp(bbox[cells, 2:]) * stride
    points = (kps[cells].reshape(-1, 5, 2) + origin[:, None]) * stride
    return np.concatenate(
        [centre - size / 2, size, points.reshape(-1, 10), scores[cells, None]], axis=1, dtype=np.float32
    )


def suppress(rows: Rows, iou: float = NMS_IOU) -> Rows:
    """Greedy non-maximum suppression: of boxes that overlap by more than `iou`, only the best score stays."""
    rows = rows[np.argsort(-rows[:, 14], kind="stable")[:_TOP_K]]
    corners = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], axis=1)
    areas = rows[:, 2] * rows[:, 3]
    left = np.arange(len(rows))
    kept: list[int] = []
    while left.size:
        best, left = left[0], left[1:]
        kept.append(int(best))
        shared = np.minimum(corners[best, 2:], corners[left, 2:]) - np.maximum(corners[best, :2], corners[left, :2])
        overlap = np.clip(shared, 0, None).prod(axis=1)
        left = left[overlap <= iou * (areas[best] + areas[left] - overlap)]
    return rows[kept]


def _open_opencv(model: Path, threshold: float) -> tuple[Callable[[Image], Rows], str]:
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # it warns about a target nobody asked for
    try:
        detector = cv2.FaceDetectorYN.create(str(model), "", (320, 320), threshold, NMS_IOU, _TOP_K)
    finally:
        cv2.utils.logging.setLogLevel(level)

    def detect(image: Image) -> Rows:
        detector.setInputSize((image.shape[1], image.shape[0]))
        _, found = detector.detect(np.ascontiguousarray(image))
        return np.zeros((0, 15), np.float32) if found is None else np.asarray(found, np.float32)

    return detect, cv2.__version__
