"""The photographs of the vision stand: where each comes from, and the boxes of the faces in it.

Pictures are never in the repository: they are taken out of packages into the cache (`device_adapters.carriers`), and
only the boxes lie beside this file, in `truth/`: a table with the columns file, x, y, w, h (pixels of the picture) and,
if wanted, ignore (1: a face cut by the edge or turned away, which a counter may find or not). A row with an empty box
says that nobody is in the picture. Where the boxes come from is told in `docs/vision.md`.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from config.errors import LessonProofError
from config.settings import cache_home
from device_adapters.carriers import CarriedFile, fetch
from device_adapters.simulator.faces import PHOTOGRAPH
from edge_agent.vision import pictures
from edge_agent.vision.counter import Image

TRUTH = Path(__file__).parent / "truth"
COLUMNS = ("file", "x", "y", "w", "h")
_COMMAND = "python tests/bench/vision.py photos"

_FOR_PYTHON_2 = {"findfaces==0.0.2"}
_FINDFACES = {
    "img08.jpg": "c1bd860bc5d6dd6af962597a636949941d3829ef888c647da7787611bb2bce35",
    "img12.jpg": "2008e41a79bec0bdf0c1cff9c94d6b254911b32ac5cdede8c99555b572978222",
    "img13.jpg": "90bb3d3d1338cd28262dc5017167f2d34d4947d214f2034706248338b8e73c8e",
}
_DLIB = {
    "2007_007763.jpg": "17d9897dd55d38179f51dc18371b3f4495a606aaa2846e25a3cb6a58b3a97c89",
    "2008_001009.jpg": "2509864113a286bf245161d0317a18c38b6a6641135969847a7e59dff359c52c",
    "2008_001322.jpg": "2ea5a60f5347baab8da6eccce43b0320d63da1368d7710fb15cbff8a790bc626",
    "2008_002079.jpg": "f929bdf416d756b37eb90c119b892eba5d21041b134883e18d827bce641fb48f",
    "2008_002470.jpg": "14b543e3ac55b497aaaba9dc03a39be04c8ae670851b3f78f9f5adb08295d780",
    "2008_002506.jpg": "ede6804edf0ec005144ffe7f0f2b56bd2aa1d21beee79d29f72cb16ead19a447",
    "2008_004176.jpg": "92a075f5e1d279f009ab4809592aaf0109e429adf3266e5aa8ce2755730b41c2",
    "2008_007676.jpg": "09a0e07d6fb3b4276e73b9f6450b5c69d97d3e3b75807948caf6defd40260e6f",
    "2009_004587.jpg": "2dc5d52a5388499cf912d7d99dc9d05e4bec7651153331f40e81ae4813bb317c",
    "dogs.jpg": "66e22f8c3bd3b8f876ad9158caaa064992d2b56a5681d9c6efa163a59db7ed03",
}


def _findfaces(name: str, sha256: str) -> CarriedFile:
    return CarriedFile(
        name=name,
        sha256=sha256,
        carrier="findfaces==0.0.2",
        carrier_sha256="8e78a54d7d987a978521675891b110fdf4aadff011cd592aec9d724ba710cdf3",
        member=f"findfaces/images/{name}",
        licence="not named (package MIT)",
        source="stock photograph, photographer not named",
    )


def _dlib(name: str, sha256: str) -> CarriedFile:
    return CarriedFile(
        name=name,
        sha256=sha256,
        carrier="dlib==19.5.0",
        carrier_sha256="b5896c7a51992441eac605395e07f2b31548376cadc1f392d93f69c821e6552e",
        member=f"dlib-19.5.0/docs/docs/cache/examples/faces/{name}",
        licence="Creative Commons Public Domain (as Debian's copyright file of dlib says)",
        source="dlib, examples/faces (PASCAL VOC 2011)",
        sdist=True,
    )


SETS: dict[str, tuple[CarriedFile, ...]] = {
    "solvay": (PHOTOGRAPH,),
    "findfaces": tuple(_findfaces(*each) for each in _FINDFACES.items()),
    "dlib": tuple(_dlib(*each) for each in _DLIB.items()),
}


@dataclass(frozen=True, slots=True)
class Box:
    """A face in pixels of its picture. `ignore`: neither a miss nor a false one."""

    x: float
    y: float
    w: float
    h: float
    ignore: bool = False

    def scaled(self, scale: float) -> Box:
        return Box(self.x * scale, self.y * scale, self.w * scale, self.h * scale, self.ignore)


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    set_name: str
    name: str
    image: Image
    boxes: tuple[Box, ...]  # empty: nobody in it

    @property
    def face_px(self) -> float:
        """Median height of its faces; of a picture without any, its height over 12."""
        heights = [box.h for box in self.boxes if not box.ignore]
        return float(np.median(heights)) if heights else self.image.shape[0] / 12


@cache
def path_of(name: str) -> Path:
    """The file of one picture of SETS, brought if need be. Raises MODELS_FETCH_FAILED, CARRIER_DAMAGED."""
    return _bring([file for group in SETS.values() for file in group if file.name == name])[0]


@cache
def picture(name: str) -> Image:
    """uint8[H, W, 3] BGR of one picture of SETS."""
    image = cv2.imread(str(path_of(name)))
    assert image is not None, "its digest was right, so it is a picture"
    return np.asarray(image, np.uint8)


def shipped() -> list[Photo]:
    """Every picture of SETS with its boxes; the first call brings some 60 MB."""
    photos = []
    for set_name, files in SETS.items():
        _bring(files)
        boxes = read_truth(TRUTH / f"{set_name}.csv")
        photos += [Photo(set_name, file.name, picture(file.name), boxes[file.name]) for file in files]
    return photos


def brought(folder: Path, truth: Path) -> list[Photo]:
    """Somebody's own pictures: every file the table names, in `folder`.

    Raises TRUTH_INVALID with the line, FILE_NOT_FOUND or FILE_NOT_PICTURE with the file.
    """
    photos = []
    for name, boxes in read_truth(truth).items():
        image = next(pictures.read(folder / name)).image
        height, width = image.shape[:2]
        for box in boxes:
            if box.x >= width or box.y >= height or box.x + box.w <= 0 or box.y + box.h <= 0:
                raise _invalid(truth, f"{name}: a box at {box.x:g}, {box.y:g} lies outside {width}x{height}")
        photos.append(Photo(folder.name, name, image, boxes))
    return photos


def read_truth(path: Path) -> dict[str, tuple[Box, ...]]:
    """Boxes by file name, in the order of the table. Raises LessonProofError TRUTH_INVALID, FILE_NOT_FOUND."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            table = csv.DictReader(stream)
            missing = [column for column in COLUMNS if column not in (table.fieldnames or ())]
            if missing:
                raise _invalid(path, f"no column {', '.join(missing)}; its columns must be {','.join(COLUMNS)}")
            boxes: dict[str, list[Box]] = {}
            for row in table:
                found = _box(row, path, table.line_num)
                boxes.setdefault(str(row["file"]), []).extend([found] if found else [])
    except FileNotFoundError:
        raise LessonProofError(
            "FILE_NOT_FOUND", zh=f"找不到文件 {path}", en=f"no file {path}", status=404, where=str(path)
        ) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _invalid(path, str(error)) from None
    if not boxes:
        raise _invalid(path, "it names no picture")
    return {name: tuple(each) for name, each in boxes.items()}


def truth_digest() -> str:
    """SHA-256 (hex) over the shipped tables, so that numbers name the truth they were taken against."""
    return hashlib.sha256(b"".join((TRUTH / f"{name}.csv").read_bytes() for name in SETS)).hexdigest()


def _bring(files: Sequence[CarriedFile]) -> list[Path]:
    """Raises MODELS_FETCH_FAILED, CARRIER_DAMAGED."""
    with pytest.MonkeyPatch.context() as environment:
        if any(file.carrier in _FOR_PYTHON_2 for file in files):
            environment.setenv("PIP_PYTHON_VERSION", "2.7")  # pip would not see a wheel that is not for our Python
        return fetch(
            files, cache_home() / "pictures", command=_COMMAND, progress=lambda line: print(f"fetching {line}")
        )


def _box(row: dict[str, str], path: Path, line: int) -> Box | None:
    """None: the row says that nobody is in the picture."""
    name = row["file"]
    if not name or Path(name).is_absolute() or ".." in Path(name).parts:
        raise _invalid(path, f"line {line}: {name!r} is not the name of a file in the folder")
    numbers = [row[column] for column in COLUMNS[1:]]
    if not any(numbers):
        return None
    try:
        x, y, w, h = (float(number) for number in numbers)
    except (TypeError, ValueError):
        raise _invalid(path, f"line {line}: x, y, w, h must be four numbers, not {numbers}") from None
    if not (w > 0 and h > 0 and np.isfinite([x, y, w, h]).all()):
        raise _invalid(path, f"line {line}: a box of {w:g} x {h:g}")
    return Box(x, y, w, h, (row.get("ignore") or "0").strip() not in {"0", ""})


def _invalid(path: Path, problem: str) -> LessonProofError:
    return LessonProofError(
        "TRUTH_INVALID",
        zh=f"标注表 {path} 不正确:{problem}。请改正后重试",
        en=f"truth table {path}: {problem}. Correct it and try again",
        where=str(path),
    )
