"""The recogniser over whole lessons with a real store: real faces and SFace for the story, scripted similarities for
the rules.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from config.clock import epoch_ms
from edge_agent.identity.engine import FaceEngine, Template, Thresholds, check_face
from edge_agent.identity.recogniser import Recogniser, overlap
from edge_agent.identity.sface import SFaceEngine
from edge_agent.identity.templates import Consent, Enrolled, TemplateStore
from edge_agent.vision.counter import Face, Image
from edge_agent.vision.yunet import YuNetCounter
from supervisor.rules.evidence import Counter
from tests.support.fixtures_models import solvay_path, yunet_path
from tests.support.portraits import sface_path

LESSON = datetime(2026, 9, 1, 1, tzinfo=UTC)
START, STEP = epoch_ms(LESSON), 5000
PICTURE: Image = np.zeros((720, 1280, 3), np.uint8)


def enrol(store: TemplateStore, engine: FaceEngine, trainee: str, *templates: Template, days: int = 30) -> None:
    day = LESSON - timedelta(days=1)
    consent = Consent("C-1", "1", day)
    store.enrol(Enrolled(trainee, engine.version, templates, consent, day, (LESSON + timedelta(days=days)).date()))


class Scripted:
    """An engine that reads the similarities to A, B, C … off the face's score: `looks(A=0.42)`."""

    version = Counter("scripted", "00" * 32, "none", 0.45)
    thresholds = Thresholds(single=0.45, agreeing=0.40, pair=0.40, margin=0.05)
    smallest_px = 32.0
    proves_presence = True

    def __init__(self) -> None:
        self.described = 0
        self._scripts: list[Template] = []

    def describe(self, image: Image, face: Face) -> Template:
        check_face(face, self.smallest_px)
        self.described += 1
        return self._scripts[int(face.score)]

    def similarity(self, one: Template, other: Template) -> float:
        return float(one @ other)

    def looks(self, seat: int, width: float = 60, **like: float) -> Face:
        script = np.zeros(128, np.float32)
        for name, similarity in like.items():
            script[ord(name) - ord("A")] = similarity
        self._scripts.append(script)
        x = 100.0 * seat
        points = ((x, 0.0), (x + 1, 0.0), (x, 1.0), (x, 2.0), (x + 1, 2.0))
        return Face(x, 100, width, width, len(self._scripts) - 1, points)


def axis(name: str) -> Template:
    return np.eye(128, dtype=np.float32)[ord(name) - ord("A")]


@pytest.fixture
def engine() -> Scripted:
    return Scripted()


@pytest.fixture
def store(tmp_path: Path, engine: Scripted) -> TemplateStore:
    kept = TemplateStore(tmp_path)
    for name in "ABC":
        enrol(kept, engine, name, axis(name))
    return kept


@pytest.fixture
def recogniser(engine: Scripted, store: TemplateStore) -> Recogniser:
    return Recogniser(engine, store)


def look(recogniser: Recogniser, number: int, *faces: Face, camera: str = "cam-1") -> tuple[str | None, ...]:
    return recogniser.look(camera, START + number * STEP, PICTURE, faces)


def test_a_named_seat_is_followed_without_comparing_it_again(recogniser: Recogniser, engine: Scripted) -> None:
    for number in range(10):
        assert look(recogniser, number, engine.looks(0, A=0.6), engine.looks(1)) == ("A", None)
    assert engine.described == 1 + 10  # the unknown one is tried every time
    ((name, sighting),) = recogniser.seen().items()
    assert (name, sighting.first_ms, sighting.frames, round(sighting.best, 3)) == ("A", START, 10, 0.6)


def test_a_seat_is_named_once_three_of_five_frames_agree(recogniser: Recogniser, engine: Scripted) -> None:
    frames = [engine.looks(0, A=0.42), engine.looks(0), engine.looks(0, A=0.41), engine.looks(0, A=0.43)]
    assert [look(recogniser, n, face) for n, face in enumerate(frames)] == [(None,), (None,), (None,), ("A",)]
    assert recogniser.seen()["A"].frames == 1


def test_nobody_sits_in_two_seats_of_one_picture(recogniser: Recogniser, engine: Scripted) -> None:
    assert look(recogniser, 0, engine.looks(0, A=0.5), engine.looks(1, A=0.7)) == (None, "A")
    assert look(recogniser, 1, engine.looks(0, A=0.9), engine.looks(1, A=0.7)) == (None, "A")  # 1 is followed
    assert look(recogniser, 2, engine.looks(0, A=0.42, B=0.1), engine.looks(1)) == (None, "A")


def test_two_seats_that_come_to_the_same_trainee_over_time_are_not_both_right(
    recogniser: Recogniser, engine: Scripted
) -> None:
    for number in range(2):
        look(recogniser, number, engine.looks(0, A=0.42), engine.looks(1))
    assert look(recogniser, 2, engine.looks(0, A=0.42)) == ("A",)
    assert look(recogniser, 3, engine.looks(1, A=0.8)) == ("A",)  # moved, the first seat hidden
    assert look(recogniser, 4, engine.looks(0), engine.looks(1)) == (None, "A")


def test_a_face_that_left_its_place_or_was_away_is_compared_anew(recogniser: Recogniser, engine: Scripted) -> None:
    assert look(recogniser, 0, engine.looks(0, A=0.6)) == ("A",)
    assert look(recogniser, 1, engine.looks(4)) == (None,)
    assert look(recogniser, 9, engine.looks(0, B=0.6)) == ("B",)
    assert set(recogniser.seen()) == {"A", "B"}


def test_whoever_takes_a_followed_seat_is_found_out(recogniser: Recogniser, engine: Scripted) -> None:
    assert look(recogniser, 0, engine.looks(0, A=0.6)) == ("A",)
    named = [look(recogniser, number, engine.looks(0, B=0.6))[0] for number in range(1, 30)]
    assert named == ["A"] * 23 + ["B"] * 6  # after two minutes
    stranger = [look(recogniser, number, engine.looks(0))[0] for number in range(30, 60)]
    assert stranger[-1] is None


def test_cameras_do_not_share_seats_but_share_what_was_seen(recogniser: Recogniser, engine: Scripted) -> None:
    assert look(recogniser, 0, engine.looks(0, A=0.6), camera="cam-1") == ("A",)
    assert look(recogniser, 0, engine.looks(0, B=0.6), camera="cam-2") == ("B",)
    assert look(recogniser, 1, engine.looks(3, A=0.7), camera="cam-2") == ("A",)
    assert recogniser.seen()["A"].frames == 2 and round(recogniser.seen()["A"].best, 3) == 0.7


def test_small_faces_are_never_described(recogniser: Recogniser, engine: Scripted) -> None:
    assert look(recogniser, 0, engine.looks(0, width=31.9, A=0.9), engine.looks(1, width=32, B=0.9)) == (None, "B")
    assert engine.described == 1


def test_only_the_expected_are_named(recogniser: Recogniser, engine: Scripted) -> None:
    recogniser.expect(["B"])
    assert look(recogniser, 0, engine.looks(0, A=0.6), engine.looks(1, A=0.6, B=0.5)) == (None, "B")


def test_a_withdrawal_works_in_the_middle_of_a_lesson(
    recogniser: Recogniser, engine: Scripted, store: TemplateStore
) -> None:
    face = engine.looks(0, A=0.6, B=0.42)
    assert look(recogniser, 0, face, engine.looks(1, B=0.6)) == ("A", "B")
    TemplateStore(store.folder.parent).withdraw("A")  # as a command in another process does
    assert look(recogniser, 1, face, engine.looks(1, B=0.6)) == (None, "B")
    assert set(recogniser.seen()) == {"B"}


def test_at_the_lessons_end_everything_is_forgotten(recogniser: Recogniser, engine: Scripted) -> None:
    recogniser.expect(["A"])
    look(recogniser, 0, engine.looks(0, A=0.6))
    recogniser.forget()
    assert not recogniser.seen()
    assert look(recogniser, 1, engine.looks(0), engine.looks(1, B=0.6)) == (None, "B")


def test_what_cannot_be_compared_is_named_and_the_others_are(
    recogniser: Recogniser, engine: Scripted, store: TemplateStore
) -> None:
    other = Scripted()
    other.version = Counter("other", "11" * 32, "none", 0.5)
    enrol(store, other, "B", axis("B"))
    assert look(recogniser, 0, engine.looks(0, B=0.9), engine.looks(1, A=0.9)) == (None, "A")
    assert [problem.code for problem in recogniser.problems] == ["TEMPLATE_OTHER_ENGINE"]


def test_a_template_past_its_day_names_nobody(recogniser: Recogniser, engine: Scripted, store: TemplateStore) -> None:
    enrol(store, engine, "A", axis("A"), days=0)
    assert look(recogniser, 0, engine.looks(0, A=0.9), engine.looks(1, B=0.9)) == (None, "B")


def test_overlap_is_that_of_the_boxes() -> None:
    one, half = Face(0, 0, 10, 10, 1), Face(5, 0, 10, 10, 1)
    assert overlap(one, one) == 1
    assert overlap(one, half) == pytest.approx(1 / 3)
    assert overlap(one, Face(20, 0, 10, 10, 1)) == overlap(Face(0, 0, 0, 0, 1), Face(0, 0, 0, 0, 1)) == 0


def test_real_people_are_recognised_in_a_later_smaller_and_darker_picture(tmp_path: Path) -> None:
    """The Solvay photograph: enrolled at half size, seen at 0.4 of it, darker and compressed. Nobody is taken for
    another, and those who are not enrolled stay unknown.
    """
    detector, engine, store = (
        YuNetCounter(yunet_path().parent),
        SFaceEngine(sface_path().parent),
        TemplateStore(tmp_path),
    )
    photograph = cv2.imread(str(solvay_path()))
    clear = cv2.resize(photograph, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    small = cv2.resize(photograph, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA) * 0.7
    later = cv2.imdecode(cv2.imencode(".jpg", small.astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 80])[1], 1)
    people = sorted(detector.count(clear).faces, key=lambda face: face.x)
    places = {f"T-{n}": (face.x + face.w / 2, face.y + face.h / 2) for n, face in enumerate(people)}
    for trainee, face in list(zip(places, people, strict=True))[::2]:
        enrol(store, engine, trainee, engine.describe(clear, face))

    faces = [face for face in detector.count(later).faces if face.w >= 32]
    recogniser = Recogniser(engine, store)
    named = recogniser.look("cam-1", START, later, faces)

    def who(face: Face) -> str:
        x, y = (face.x + face.w / 2) / 0.8, (face.y + face.h / 2) / 0.8
        return min(places, key=lambda each: (places[each][0] - x) ** 2 + (places[each][1] - y) ** 2)

    truth = [who(face) for face in faces]
    names = {person.trainee for person in store.read().people}
    enrolled = [name in names for name in truth]
    assert sum(enrolled) >= 10
    assert all(name in (None, real) for name, real in zip(named, truth, strict=True))
    assert sum(name is not None for name in named) >= 0.9 * sum(enrolled)
