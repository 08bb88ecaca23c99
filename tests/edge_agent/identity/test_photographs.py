"""Photographs to enrol from: what is wrong with one is said of that one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from config.errors import LessonProofError
from edge_agent.identity.photographs import Photograph, describe_all
from edge_agent.identity.sface import SFaceEngine
from edge_agent.vision.yunet import YuNetCounter
from tests.support.fixtures_models import solvay_path, yunet_path
from tests.support.portraits import portraits, sface_path


@pytest.fixture(scope="module")
def detector() -> YuNetCounter:
    return YuNetCounter(yunet_path().parent)


@pytest.fixture(scope="module")
def engine() -> SFaceEngine:
    return SFaceEngine(sface_path().parent)


@pytest.fixture(scope="module")
def bad_photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bad")
    portrait = cv2.imread(str(portraits()["obama"]))
    made = {
        "PHOTO_FACES": cv2.resize(cv2.imread(str(solvay_path())), None, fx=0.4, fy=0.4),
        "PHOTO_BLURRED": cv2.GaussianBlur(portrait, (0, 0), 9),
        "PHOTO_SMALL": cv2.resize(portrait, None, fx=0.2, fy=0.2, interpolation=cv2.INTER_AREA),
    }
    paths = {}
    for name, picture in made.items():
        paths[name] = folder / f"{name}.png"
        cv2.imwrite(str(paths[name]), picture)
    empty = folder / "empty.png"
    cv2.imwrite(str(empty), np.full((300, 300, 3), 128, np.uint8))
    text = folder / "text.jpg"
    text.write_text("no picture")
    return paths | {"PHOTO_FACES ": empty, "FILE_NOT_PICTURE": text, "FILE_NOT_FOUND": folder / "none.jpg"}


PROBLEMS = ["PHOTO_FACES", "PHOTO_FACES ", "PHOTO_BLURRED", "PHOTO_SMALL", "FILE_NOT_PICTURE", "FILE_NOT_FOUND"]


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_bad_photograph_is_named(detector, engine, bad_photos: dict[str, Path], problem: str) -> None:
    bad = bad_photos[problem]
    with pytest.raises(LessonProofError) as caught:
        describe_all([portraits()["obama"], bad], detector, engine)
    assert caught.value.code == problem.strip()
    assert str(bad) in caught.value.en and str(bad) in caught.value.zh


def test_good_photographs_of_one_person_are_described_in_order(detector, engine) -> None:
    paths = [portraits()[name] for name in ("obama3", "obama", "obama2")]
    described = describe_all(paths, detector, engine)
    assert [each.path for each in described] == paths
    assert all(isinstance(each, Photograph) and each.sharpness > 30 and each.face.w >= 64 for each in described)


def test_of_photographs_of_two_persons_the_odd_one_is_named(detector, engine) -> None:
    photos = portraits()
    with pytest.raises(LessonProofError, match="PHOTOS_DISAGREE") as caught:
        describe_all([photos["obama"], photos["biden"], photos["obama3"]], detector, engine)
    assert caught.value.where == str(photos["biden"])


@pytest.mark.parametrize("number", [0, 11])
def test_no_photograph_and_too_many_are_refused(detector, engine, number: int) -> None:
    with pytest.raises(LessonProofError, match="PHOTOS_NUMBER"):
        describe_all([Path("none.jpg")] * number, detector, engine)
