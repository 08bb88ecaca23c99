"""PicoDet-S 416 (PaddleDetection, Apache-2.0, trained on COCO) as a finder of people, with or without a face.

The network looks at 416 x 416 px, in which a classroom's back row is a few pixels high. So the picture is looked at
whole, for people near the camera, and by tiles, for the others. A box that a tile's inner edge cuts at the side or the
top is dropped, because the neighbour sees that person whole; one cut at the bottom is kept, because head and shoulders
are a person. Two boxes are one person when most of the smaller one lies in the other: a bust in its own whole figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from device_adapters.carriers import check
from edge_agent.vision.counter import Image, Person, Region, check_picture
from edge_agent.vision.models import PICODET
from edge_agent.vision.openvino_network import open_network
from edge_agent.vision.tiles import around, tiles
from supervisor.rules.evidence import Counter

Boxes = NDArray[np.float32]
"""float32[n, 5]: left, top, right, bottom in px of the picture, score."""

THRESHOLD = 0.35  # docs/models.md says what other values cost
SHARED = 0.65  # of the smaller box's area inside the other: the same person
_SIDE = 416
_PERSON = 0  # COCO's first class
_LONG, _SHORT, _OVERLAP = 3, 2, 0.25  # tiles along the longer and the shorter side
_EDGE_PX = 3  # a box that ends so close to an edge is cut by it
_MARGIN = 0.25  # looked at around a region
_REGION_LEAST = 96  # px; less than this is a blur when enlarged
_MEAN = np.array([123.675, 116.28, 103.53], np.float32)  # RGB, as trained (infer_cfg.yml beside the weights)
_DEVIATION = np.array([58.395, 57.12, 57.375], np.float32)


class PicoDetPersons:
    """Finds people in a picture, by one thread at a time. Raises LessonProofError MODEL_MISSING or MODEL_DAMAGED.

    `version.model_sha256` is the hash of the weights (.pdiparams); the graph (.pdmodel) that belongs to them is checked
    against the table too.
    """

    def __init__(self, models_folder: Path, *, threshold: float = THRESHOLD) -> None:
        paths = [check(file, models_folder) for file in PICODET.files]
        graph = next(path for path in paths if path.suffix == ".pdmodel")
        self._request, version = open_network(graph, {"image": [1, 3, _SIDE, _SIDE], "scale_factor": [1, 2]})
        self._version = Counter(PICODET.name, PICODET.file.sha256, f"openvino {version}", threshold)

    @property
    def version(self) -> Counter:
        """Weights, engine and threshold behind every box it gives."""
        return self._version

    def persons(self, image: Image, regions: Sequence[Region] | None = None) -> tuple[Person, ...]:
        """Everybody in the picture, best score first; or everybody, cut ones too, in and close around `regions` only.

        Each region costs one look of the network, the whole picture seven. A region outside the picture holds nobody.
        Raises LessonProofError PICTURE_UNUSABLE.
        """
        check_picture(image)
        found = self._by_tiles(image) if regions is None else self._in_regions(image, regions)
        return tuple(
            Person(float(left), float(top), float(right - left), float(bottom - top), float(score))
            for left, top, right, bottom, score in merge(np.concatenate([np.zeros((0, 5), np.float32), *found]))
        )

    def _by_tiles(self, image: Image) -> Iterable[Boxes]:
        height, width = image.shape[:2]
        columns, rows = (_LONG, _SHORT) if width >= height else (_SHORT, _LONG)
        yield self._look(image, Region(0, 0, width, height))
        for tile in tiles(width, height, columns, rows, _OVERLAP):
            yield whole(self._look(image, tile), tile, width)

    def _in_regions(self, image: Image, regions: Sequence[Region]) -> Iterable[Boxes]:
        height, width = image.shape[:2]
        for region in regions:
            part = around(region, width, height, margin=_MARGIN, least=_REGION_LEAST)
            if part is not None:
                yield self._look(image, part)

    def _look(self, image: Image, part: Region) -> Boxes:
        """People in one part of the picture, as one look of the network finds them; boxes end at the part's edges."""
        crop = image[part.y : part.y + part.h, part.x : part.x + part.w]
        way = cv2.INTER_AREA if min(part.w, part.h) > _SIDE else cv2.INTER_LINEAR
        seen = cv2.resize(crop, (_SIDE, _SIDE), interpolation=way)
        picture = (seen[:, :, ::-1] - _MEAN) / _DEVIATION
        scale = np.array([[_SIDE / part.h, _SIDE / part.w]], np.float32)
        self._request.infer({"image": picture.transpose(2, 0, 1)[None], "scale_factor": scale})
        rows = self._request.get_output_tensor(0).data  # [n, 6]: class, score, corners in px of the crop
        rows = rows[(rows[:, 0] == _PERSON) & (rows[:, 1] >= self._version.threshold)]
        corners = np.clip(rows[:, 2:], 0, [part.w, part.h] * 2) + [part.x, part.y] * 2
        return np.concatenate([corners, rows[:, 1:2]], axis=1, dtype=np.float32)


def whole(boxes: Boxes, tile: Region, width: int) -> Boxes:
    """Those of a tile's boxes that no inner edge of a picture `width` px wide cuts at the side or at the top."""
    left = (boxes[:, 0] >= tile.x + _EDGE_PX) | (tile.x == 0)
    right = (boxes[:, 2] <= tile.x + tile.w - _EDGE_PX) | (tile.x + tile.w == width)
    top = (boxes[:, 1] >= tile.y + _EDGE_PX) | (tile.y == 0)
    return boxes[left & right & top]


def merge(boxes: Boxes, shared: float = SHARED) -> Boxes:
    """One box a person, best score first: of two that share more than `shared` of the smaller one, the better stays."""
    left = boxes[np.argsort(-boxes[:, 4], kind="stable")]
    kept: list[Boxes] = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        common = np.minimum(best[2:4], left[:, 2:4]) - np.maximum(best[:2], left[:, :2])
        smaller = np.minimum((best[2:4] - best[:2]).prod(), (left[:, 2:4] - left[:, :2]).prod(axis=1))
        left = left[np.clip(common, 0, None).prod(axis=1) <= shared * smaller]
    return np.array(kept, np.float32).reshape(-1, 5)
