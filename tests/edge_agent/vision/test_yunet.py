"""Counting on real faces: the Solvay photograph of 1927, 29 people in three rows, at sizes a classroom camera gives."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from config.errors import LessonProofError
from edge_agent.vision.counter import Face, Image
from edge_agent.vision.models import YUNET
from edge_agent.vision.yunet import Engine, Rows, YuNetCounter, suppress
from tests.support.fixtures_models import SOLVAY_FACES, solvay_path, yunet_path


@pytest.fixture(scope="module")
def openvino() -> YuNetCounter:
    return YuNetCounter(yunet_path().parent)


@pytest.fixture(scope="module")
def opencv() -> YuNetCounter:
    return YuNetCounter(yunet_path().parent, engine="opencv")


def solvay(scale: float) -> Image:
    """The photograph, its faces about `scale` x 104 px high."""
    picture = cv2.imread(str(solvay_path()))
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def overlap(one: Face, other: Face) -> float:
    """Intersection over union."""
    w = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    h = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    shared = max(w, 0) * max(h, 0)
    return shared / (one.w * one.h + other.w * other.h - shared)


@pytest.mark.parametrize(("scale", "height"), [(0.58, 60), (0.5, 52), (0.4, 42), (0.31, 32), (0.235, 24)])
def test_every_face_is_found_and_both_engines_see_the_same(
    scale: float, height: int, openvino: YuNetCounter, opencv: YuNetCounter
) -> None:
    picture = solvay(scale)
    ours, theirs = openvino.count(picture), opencv.count(picture)
    assert np.median([face.h for face in ours.faces]) == pytest.approx(height, abs=3)
    assert ours.people == theirs.people == len(ours.faces) == SOLVAY_FACES
    for face in ours.faces:
        twin = max(theirs.faces, key=lambda other: overlap(face, other))
        assert overlap(face, twin) > 0.9
        assert face.score == pytest.approx(twin.score, abs=0.01)
        assert np.allclose(face.landmarks, twin.landmarks, atol=1)


def test_boxes_are_in_the_pixels_of_the_picture_whatever_its_size(openvino: YuNetCounter) -> None:
    """The padding to a multiple of 32 must not move anything: 1086 x 1500 and 1064 x 1480 are padded differently."""
    whole = solvay(0.5)
    cut = whole[:1064, :1480]
    for face in openvino.count(cut).faces:
        twin = max(openvino.count(whole).faces, key=lambda other: overlap(face, other))
        assert overlap(face, twin) > 0.9


def test_landmarks_lie_in_their_face_eyes_above_mouth(openvino: YuNetCounter) -> None:
    for face in openvino.count(solvay(0.5)).faces:
        eyes, mouth = face.landmarks[:2], face.landmarks[3:]
        assert all(face.x - 2 <= x <= face.x + face.w + 2 for x, _ in face.landmarks)
        assert max(y for _, y in eyes) < min(y for _, y in mouth)


def test_people_that_are_not_in_the_picture_are_not_counted(openvino: YuNetCounter) -> None:
    """Nobody in a plain wall, in noise, nor in the grey carpet in front of the first row."""
    noise = np.random.default_rng(1).integers(0, 256, (720, 1280, 3), dtype=np.uint8)
    assert openvino.count(np.full((1080, 1920, 3), 128, np.uint8)).people == 0
    assert openvino.count(noise).people == 0
    half = solvay(0.5)
    half[:, half.shape[1] // 2 :] = 128
    assert 10 <= openvino.count(half).people < SOLVAY_FACES


@pytest.mark.parametrize("shape", [(2160, 3840), (960, 1280), (1920, 1080), (1081, 1919), (33, 33)])
def test_odd_sizes_are_counted(shape: tuple[int, int], openvino: YuNetCounter) -> None:
    canvas = np.zeros((*shape, 3), np.uint8)
    picture = solvay(0.3)[: shape[0], : shape[1]]
    canvas[: picture.shape[0], : picture.shape[1]] = picture
    assert openvino.count(canvas).people == openvino.count(picture).people


@pytest.mark.parametrize("engine", list(Engine))
@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((0, 640, 3), np.uint8),
        np.zeros((480, 640), np.uint8),
        np.zeros((480, 640, 4), np.uint8),
        np.zeros((480, 640, 3), np.uint16),
        np.broadcast_to(np.uint8(0), (9000, 9000, 3)),
    ],
    ids=["one pixel", "empty", "grey", "alpha", "16 bit", "huge"],
)
def test_what_cannot_be_judged_is_an_error_never_a_silent_zero(engine: Engine, picture: Image) -> None:
    with pytest.raises(LessonProofError) as caught:
        YuNetCounter(yunet_path().parent, engine=engine).count(picture)
    assert caught.value.code == "PICTURE_UNUSABLE"


def test_the_counter_names_file_engine_and_threshold(openvino: YuNetCounter) -> None:
    stricter = YuNetCounter(yunet_path().parent, engine="opencv", threshold=0.9)
    assert (stricter.counter.name, stricter.counter.threshold) == ("yunet", 0.9)
    assert stricter.counter.model_sha256 == YUNET.file.sha256
    assert stricter.counter.engine == f"opencv {cv2.__version__}"
    assert openvino.counter.engine.startswith("openvino 20")
    picture = solvay(0.25)
    assert stricter.count(picture).people < openvino.count(picture).people


def test_a_missing_or_damaged_model_names_the_command(tmp_path) -> None:
    with pytest.raises(LessonProofError, match=r"MODEL_MISSING.*edge-agent models fetch"):
        YuNetCounter(tmp_path)
    (tmp_path / YUNET.file.name).write_bytes(yunet_path().read_bytes()[:-1])
    with pytest.raises(LessonProofError, match=r"MODEL_DAMAGED.*edge-agent models fetch"):
        YuNetCounter(tmp_path)


def test_an_engine_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="tensorflow"):
        YuNetCounter(yunet_path().parent, engine="tensorflow")


def box(x: float, score: float) -> Rows:
    return np.array([x, 0, 10, 10, *[0] * 10, score], np.float32)


def test_of_overlapping_boxes_the_best_stays() -> None:
    kept = suppress(np.stack([box(0, 0.7), box(2, 0.9), box(30, 0.8), box(38, 0.6)]), iou=0.3)
    assert [(row[0], round(float(row[14]), 1)) for row in kept] == [(2, 0.9), (30, 0.8), (38, 0.6)]
    assert suppress(np.zeros((0, 15), np.float32)).shape == (0, 15)
