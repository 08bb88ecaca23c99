"""A selfie against its own person's templates, on real photographs of two public persons."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge_agent.identity.engine import Template
from edge_agent.identity.selfie import MOST_SIDE_PX, compare, engine_of, picture_of
from edge_agent.identity.sface import SFaceEngine
from edge_agent.vision.counter import Image
from edge_agent.vision.yunet import YuNetCounter
from supervisor.contract.selfie import SelfieResult
from tests.support.fixtures_models import yunet_path
from tests.support.portraits import portraits, sface_path
from tests.support.selfies import jpeg


@pytest.fixture(scope="module")
def detector() -> YuNetCounter:
    return YuNetCounter(yunet_path().parent)


@pytest.fixture(scope="module")
def engine() -> SFaceEngine:
    return SFaceEngine(sface_path().parent)


@pytest.fixture(scope="module")
def own(detector: YuNetCounter, engine: SFaceEngine) -> list[Template]:
    """Templates of one person, as an enrolment makes them."""
    pictures = [cv2.imread(str(portraits()[name])) for name in ("obama", "obama3")]
    return [engine.describe(picture, detector.count(picture).faces[0]) for picture in pictures]


def octets(image: Image) -> bytes:
    made, found = cv2.imencode(".jpg", image)
    assert made
    return found.tobytes()


def test_the_same_person_matches_and_another_does_not(detector, engine, own) -> None:
    same = compare(jpeg(portraits()["obama2"]), own, detector, engine)
    other = compare(jpeg(portraits()["biden"]), own, detector, engine)
    assert same.result is SelfieResult.MATCH and same.similarity is not None and same.similarity >= 0.40
    assert other.result is SelfieResult.NO_MATCH and other.similarity is not None and other.similarity < 0.40
    assert same.similarity == round(same.similarity, 2)
    assert engine_of(engine).threshold == 0.40


def test_what_cannot_be_compared_says_why(detector, engine, own) -> None:
    one = picture_of(jpeg(portraits()["obama2"], 480))
    assert one is not None
    found = {
        "two": compare(octets(np.hstack([one, one])), own, detector, engine),
        "none": compare(octets(np.full((640, 480, 3), 120, np.uint8)), own, detector, engine),
        "nobody enrolled": compare(octets(one), [], detector, engine),
        "not opened": compare(None, own, detector, engine),
        "no picture": compare(b"not a picture at all", own, detector, engine),
    }
    assert {what: (each.result, each.similarity) for what, each in found.items()} == {
        "two": (SelfieResult.SEVERAL_FACES, None),
        "none": (SelfieResult.NO_FACE, None),
        "nobody enrolled": (SelfieResult.NO_REFERENCE, None),
        "not opened": (SelfieResult.CANNOT_OPEN, None),
        "no picture": (SelfieResult.CANNOT_OPEN, None),
    }


def test_a_small_face_in_the_background_is_not_looked_at(detector, engine, own) -> None:
    own_face = picture_of(jpeg(portraits()["obama2"], 640))
    behind = picture_of(jpeg(portraits()["biden"], 640))
    assert own_face is not None and behind is not None
    width = detector.count(behind).faces[0].w
    small = cv2.resize(behind, None, fx=40 / width, fy=40 / width, interpolation=cv2.INTER_AREA)
    picture = np.full((own_face.shape[0], own_face.shape[1] + small.shape[1], 3), 120, np.uint8)
    picture[:, : own_face.shape[1]] = own_face
    picture[: small.shape[0], own_face.shape[1] :] = small
    assert len(detector.count(picture).faces) == 2
    assert compare(octets(picture), own, detector, engine).result is SelfieResult.MATCH


def test_a_picture_that_claims_to_be_huge_is_not_decoded() -> None:
    fine = octets(np.full((64, 48, 3), 90, np.uint8))
    assert picture_of(fine) is not None
    at = fine.index(b"\xff\xc0") + 5
    for size in ((65500).to_bytes(2) * 2, (MOST_SIDE_PX + 1).to_bytes(2) + fine[at + 2 : at + 4], bytes(4)):
        assert picture_of(fine[:at] + size + fine[at + 4 :]) is None
    for cut in (b"", fine[:1], fine[:2], fine[:20], b"\xff\xd8" + b"\xff\xe0\x00\x00" * 3, b"\x89PNG\r\n\x1a\n"):
        assert picture_of(cut) is None
