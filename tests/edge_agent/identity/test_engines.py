"""Both engines on real photographs: the same person is alike, another is not, and SFace is OpenCV's own SFace."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import combinations

import cv2
import numpy as np
import pytest

from config.errors import LessonProofError
from config.settings import EdgeSettings
from edge_agent.identity import dlib_engine
from edge_agent.identity.dlib_engine import DlibEngine
from edge_agent.identity.engine import FaceEngine, comparable, open_engine
from edge_agent.identity.sface import SFaceEngine, align
from edge_agent.vision.counter import Face, Image
from edge_agent.vision.yunet import YuNetCounter
from tests.support.fixtures_models import yunet_path
from tests.support.portraits import portraits, sface_path


@pytest.fixture(scope="module")
def sface() -> SFaceEngine:
    return SFaceEngine(sface_path().parent)


OPTIONAL = pytest.param("face-recognition", marks=pytest.mark.face_recognition)


@pytest.fixture(scope="module", params=["sface", OPTIONAL])
def engine(request: pytest.FixtureRequest) -> FaceEngine:
    sface_path()
    settings = EdgeSettings(identity=True, face_engine=request.param, models_dir=sface_path().parent)
    return open_engine(settings)


@pytest.fixture(scope="module")
def faces() -> dict[str, tuple[Image, Face]]:
    counter = YuNetCounter(yunet_path().parent)
    pictures = {name: cv2.imread(str(path)) for name, path in portraits().items()}
    return {name: (picture, *counter.count(picture).faces) for name, picture in pictures.items()}


def shrunk(image: Image, face: Face, width: float) -> tuple[Image, Face]:
    """The picture and its face, `width` px wide now."""
    scale = width / face.w
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    points = tuple((x * scale, y * scale) for x, y in face.landmarks)
    return small, Face(face.x * scale, face.y * scale, face.w * scale, face.h * scale, face.score, points)


def test_sface_is_what_opencv_makes_of_the_same_face(sface: SFaceEngine, faces) -> None:
    theirs = cv2.FaceRecognizerSF.create(str(sface_path()), "")
    for image, face in [*faces.values(), *(shrunk(*each, 40) for each in faces.values())]:
        row = np.array([face.x, face.y, face.w, face.h, *np.ravel(face.landmarks), face.score], np.float32)
        chip = theirs.alignCrop(image, row)
        assert np.abs(chip.astype(int) - align(image, face)).max() <= 2
        feature = theirs.feature(chip)[0]
        template = sface.describe(image, face)
        assert template @ feature / np.linalg.norm(feature) > 0.999
        assert np.linalg.norm(template) == pytest.approx(1, abs=1e-5)


def test_the_same_person_is_alike_and_another_is_not(engine: FaceEngine, faces) -> None:
    templates = {name: engine.describe(*each) for name, each in faces.items()}
    other = templates.pop("biden")
    for name, template in templates.items():
        assert template.shape == (128,) and template.dtype == np.float32
        assert engine.similarity(template, template) == pytest.approx(1, abs=1e-5)
        assert engine.similarity(template, other) < engine.thresholds.agreeing - 0.1, name
    alike = [engine.similarity(one, two) for one, two in combinations(templates.values(), 2)]
    assert np.median(alike) >= engine.thresholds.single
    assert engine.similarity(templates["obama"], other) == engine.similarity(other, templates["obama"])


def test_a_face_in_the_back_row_is_still_the_same_person(sface: SFaceEngine, faces) -> None:
    large, small = sface.describe(*faces["obama"]), sface.describe(*shrunk(*faces["obama3"], 34))
    assert sface.similarity(large, small) > sface.thresholds.single
    assert sface.similarity(sface.describe(*faces["biden"]), small) < sface.thresholds.agreeing


@pytest.mark.parametrize(
    "change",
    [
        {"w": 31.9},
        {"w": float("nan")},
        {"landmarks": ()},
        {"landmarks": ((5.0, 5.0),) * 5},
        {"landmarks": ((float("nan"), 0.0), (1.0, 0.0), (2.0, 0.0), (3.0, 0.0), (4.0, 0.0))},
    ],
    ids=["small", "no width", "no landmarks", "one point", "not a number"],
)
def test_a_face_that_cannot_be_identified_is_an_error(engine: FaceEngine, faces, change) -> None:
    image, face = faces["obama"]
    with pytest.raises(LessonProofError, match="FACE_UNUSABLE"):
        engine.describe(image, replace(face, **change))


def test_a_face_over_the_edge_is_described(engine: FaceEngine, faces) -> None:
    image, face = faces["obama"]
    cut = image[:, : round(face.x + face.w / 2)]
    assert np.isfinite(engine.describe(cut, face)).all()


@pytest.mark.face_recognition
def test_versions_tell_engines_apart(sface: SFaceEngine) -> None:
    dlib = DlibEngine()
    assert not comparable(sface.version, dlib.version)
    assert comparable(sface.version, replace(sface.version, engine="openvino 2030.1", threshold=0.5))
    assert (sface.version.threshold, dlib.version.threshold) == (0.45, 0.60)
    assert sface.proves_presence and not dlib.proves_presence
    assert 1 - min(dlib.thresholds.single, dlib.thresholds.agreeing, dlib.thresholds.pair) <= 0.40


@pytest.mark.face_recognition
def test_the_package_that_opens_the_non_commercial_landmark_file_is_never_imported() -> None:
    program = (
        "import sys; from edge_agent.identity.dlib_engine import DlibEngine; DlibEngine(); "
        "print([name for name in sys.modules if name.startswith('face_recognition')])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.strip() == "[]"


def test_without_the_extra_the_command_that_brings_it_is_named(monkeypatch) -> None:
    monkeypatch.setattr(dlib_engine.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LessonProofError, match=r"FACE_RECOGNITION_MISSING.*uv sync --extra face-recognition"):
        DlibEngine()


def test_nothing_opens_unless_the_settings_say_so(tmp_path) -> None:
    assert not EdgeSettings().identity
    with pytest.raises(LessonProofError, match=r"IDENTITY_OFF.*identity = true"):
        open_engine(EdgeSettings())
    with pytest.raises(LessonProofError, match=r"MODEL_MISSING.*edge-agent models fetch"):
        open_engine(EdgeSettings(identity=True, models_dir=tmp_path))
