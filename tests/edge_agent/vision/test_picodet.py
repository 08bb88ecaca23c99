"""Finding people on a real photograph: the Solvay conference of 1927, 29 people in three rows, many half hidden."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from config.errors import LessonProofError
from edge_agent.vision.counter import Face, Image, Person, Region
from edge_agent.vision.models import PICODET
from edge_agent.vision.picodet import Boxes, PicoDetPersons, merge, whole
from edge_agent.vision.yunet import YuNetCounter
from tests.support.fixtures_models import SOLVAY_FACES, models_path, solvay_path


@pytest.fixture(scope="module")
def picodet() -> PicoDetPersons:
    return PicoDetPersons(models_path())


@pytest.fixture(scope="module")
def solvay() -> Image:
    """1080 px high, faces about 52 px."""
    return cv2.resize(cv2.imread(str(solvay_path())), (1492, 1080), interpolation=cv2.INTER_AREA)


@pytest.fixture(scope="module")
def faces(solvay: Image) -> tuple[Face, ...]:
    return YuNetCounter(models_path()).count(solvay).faces


def holds(person: Person, face: Face) -> bool:
    """The middle of the face in the upper half of the person."""
    x, y = face.x + face.w / 2, face.y + face.h / 2
    return person.x < x < person.x + person.w and person.y < y < person.y + person.h / 2


def paired(people: tuple[Person, ...], faces: tuple[Face, ...]) -> int:
    """How many faces have a person of their own: each takes the free one whose top is nearest."""
    free = list(people)
    for face in faces:
        near = sorted((one for one in free if holds(one, face)), key=lambda one: abs(one.y - face.y))
        if near:
            free.remove(near[0])
    return len(people) - len(free)


def solid(shape: tuple[int, int]) -> Image:
    return np.full((*shape, 3), 128, np.uint8)


@pytest.mark.parametrize("scale", [1, 0.5])
def test_people_in_rows_are_found_each_once(
    scale: float, picodet: PicoDetPersons, solvay: Image, faces: tuple[Face, ...]
) -> None:
    picture = cv2.resize(solvay, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    small = tuple(Face(face.x * scale, face.y * scale, face.w * scale, face.h * scale, face.score) for face in faces)
    people = picodet.persons(picture)
    found = paired(people, small)
    assert len(faces) == SOLVAY_FACES
    assert found >= 28
    assert len(people) - found <= 1, "people who are not there"
    assert [one.score for one in people] == sorted((one.score for one in people), reverse=True)
    for one in people:
        assert picodet.version.threshold <= one.score <= 1
        assert 0 <= one.x < one.x + one.w <= picture.shape[1]
        assert 0 <= one.y < one.y + one.h <= picture.shape[0]


def test_a_seat_looked_at_by_itself_shows_who_sits_there(
    picodet: PicoDetPersons, solvay: Image, faces: tuple[Face, ...]
) -> None:
    seats = [Region(int(f.x - f.w), int(f.y - f.h / 2), int(3 * f.w), int(4 * f.h)) for f in faces]
    looks = [picodet.persons(solvay, [seat]) for seat in seats]
    taken = [any(holds(one, face) for one in look) for face, look in zip(faces, looks, strict=True)]
    assert sum(taken) >= 27
    carpet = Region(200, 1000, 80, 80)
    assert picodet.persons(solvay, [carpet]) == ()


def test_regions_that_overlap_show_a_person_once(
    picodet: PicoDetPersons, solvay: Image, faces: tuple[Face, ...]
) -> None:
    face = faces[0]
    seat = Region(int(face.x - face.w), int(face.y - face.h / 2), int(3 * face.w), int(4 * face.h))
    moved = Region(seat.x + 4, seat.y + 4, seat.w, seat.h)
    twice = picodet.persons(solvay, [seat, moved])
    assert sum(holds(one, face) for one in twice) == 1


def test_regions_at_the_edge_are_clipped_and_those_outside_hold_nobody(picodet: PicoDetPersons, solvay: Image) -> None:
    assert picodet.persons(solvay, []) == ()
    assert picodet.persons(solvay, [Region(5000, 5000, 100, 100), Region(-900, 0, 100, 100)]) == ()
    everywhere = picodet.persons(solvay, [Region(-100, -100, 9000, 9000)])
    assert everywhere
    assert all(one.x >= 0 and one.x + one.w <= 1492 and one.y >= 0 and one.y + one.h <= 1080 for one in everywhere)


def test_nobody_is_found_where_nobody_is(picodet: PicoDetPersons) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (720, 1280, 3), dtype=np.uint8)
    assert picodet.persons(solid((1080, 1920))) == ()
    assert picodet.persons(noise) == ()


@pytest.mark.parametrize("shape", [(2160, 3840), (960, 1280), (1920, 1080)], ids=["4K", "4:3", "portrait"])
def test_people_are_found_in_a_part_of_a_picture_of_any_shape(
    shape: tuple[int, int], picodet: PicoDetPersons, solvay: Image
) -> None:
    canvas = solid(shape)
    scale = min(shape[0] / 1080, shape[1] / 1492)
    picture = cv2.resize(solvay, None, fx=scale, fy=scale)[: shape[0], : shape[1]]
    canvas[-picture.shape[0] :, : picture.shape[1]] = picture
    people = picodet.persons(canvas)
    assert 24 <= len(people) <= SOLVAY_FACES + 2
    assert all(one.y + one.h > shape[0] - picture.shape[0] for one in people)


@pytest.mark.parametrize("shape", [(33, 33), (32, 2000)])
def test_odd_sizes_end_well(shape: tuple[int, int], picodet: PicoDetPersons) -> None:
    assert picodet.persons(solid(shape)) == ()


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((31, 640, 3), np.uint8),
        np.zeros((0, 640, 3), np.uint8),
        np.zeros((480, 640), np.uint8),
        np.zeros((480, 640, 4), np.uint8),
        np.zeros((480, 640, 3), np.float32),
        np.broadcast_to(np.uint8(0), (9000, 9000, 3)),
    ],
    ids=["too small", "empty", "grey", "alpha", "float", "huge"],
)
@pytest.mark.parametrize("regions", [None, []])
def test_what_cannot_be_judged_is_an_error_never_a_silent_nobody(picture: Image, regions, picodet) -> None:
    with pytest.raises(LessonProofError) as caught:
        picodet.persons(picture, regions)
    assert caught.value.code == "PICTURE_UNUSABLE"


def test_the_version_names_weights_engine_and_threshold(picodet: PicoDetPersons, solvay: Image) -> None:
    weights = next(file for file in PICODET.files if file.name.endswith(".pdiparams"))
    stricter = PicoDetPersons(models_path(), threshold=0.6)
    assert picodet.version.model_sha256 == weights.sha256
    assert (picodet.version.name, stricter.version.threshold) == ("picodet", 0.6)
    assert picodet.version.engine.startswith("openvino 20")
    assert {one.score for one in stricter.persons(solvay)} < {one.score for one in picodet.persons(solvay)}


@pytest.mark.parametrize("file", PICODET.files, ids=lambda file: Path(file.name).suffix)
def test_weights_and_graph_are_both_needed_and_checked(file, tmp_path: Path) -> None:
    for each in PICODET.files:
        shutil.copy(models_path() / each.name, tmp_path)
    garbled = bytearray((tmp_path / file.name).read_bytes())
    garbled[len(garbled) // 2] ^= 1
    (tmp_path / file.name).write_bytes(garbled)
    with pytest.raises(LessonProofError, match=r"MODEL_DAMAGED.*edge-agent models fetch"):
        PicoDetPersons(tmp_path)
    (tmp_path / file.name).unlink()
    with pytest.raises(LessonProofError, match=r"MODEL_MISSING.*edge-agent models fetch"):
        PicoDetPersons(tmp_path)


def boxes(*rows: tuple[float, float, float, float, float]) -> Boxes:
    return np.array(rows, np.float32).reshape(-1, 5)


def test_a_bust_in_its_own_figure_is_one_person_and_a_neighbour_is_another() -> None:
    figure, bust, neighbour = (0, 0, 100, 300, 0.8), (20, 0, 80, 100, 0.9), (70, 0, 170, 300, 0.5)
    assert merge(boxes(figure, bust, neighbour)).tolist() == boxes(bust, neighbour).tolist()
    assert merge(boxes()).shape == (0, 5)


def test_what_an_inner_edge_cuts_is_left_to_the_neighbour_but_not_head_and_shoulders() -> None:
    tile, inside, below = Region(500, 300, 400, 300), (600, 400, 700, 500, 0.5), (600, 400, 700, 600, 0.5)
    cut = [(501, 400, 600, 500, 0.5), (800, 400, 899, 500, 0.5), (600, 301, 700, 500, 0.5)]
    assert whole(boxes(inside, below, *cut), tile, 1500).tolist() == boxes(inside, below).tolist()
    corner = Region(0, 0, 400, 300)
    at_the_picture_s_edge = boxes((0, 0, 50, 100, 0.5))
    assert len(whole(at_the_picture_s_edge, corner, 1500)) == 1
    assert len(whole(boxes((1499, 10, 1500, 20, 0.5)), Region(1100, 0, 400, 300), 1500)) == 1
