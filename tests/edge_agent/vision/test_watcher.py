"""The watcher of one camera on the practice classroom: real faces, found by the real detectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from config.errors import LessonProofError
from device_adapters.simulator.classroom import Classroom
from device_adapters.simulator.faces import load_photograph
from edge_agent.vision.counter import Image, Person, Region
from edge_agent.vision.picodet import PicoDetPersons
from edge_agent.vision.view import CameraView
from edge_agent.vision.watcher import Look, SeatWatcher
from edge_agent.vision.yunet import YuNetCounter
from supervisor.contract.zones import CameraZones
from supervisor.rules.evidence import Counter
from tests.support.fixtures_models import models_path, solvay_path, yunet_path

MORNING = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
PEOPLE = 12
STEP_MS = 5000


class Room:
    """A practice classroom; `hide` paints over the faces of some people, as if they bent over their desks."""

    def __init__(self, people: int = PEOPLE) -> None:
        self._classroom = Classroom(load_photograph(solvay_path().parent), "101", people)

    def picture(self, number: int, hide: Iterable[tuple[float, float, float]] = ()) -> Image:
        at = MORNING + timedelta(milliseconds=number * STEP_MS)
        image = cv2.cvtColor(self._classroom.picture(at), cv2.COLOR_YUV2BGR_I420)
        for x, y, size in hide:
            cv2.circle(image, (round(x), round(y)), round(size * 0.9), (60, 70, 80), -1)
        return np.asarray(image, np.uint8)

    def seat(self, people: int) -> None:
        self._classroom.seat(people)


class Bodies:
    """Finds exactly the bodies it is told, and keeps what it was asked: the practice camera's bodies are drawn."""

    version = Counter("told", "0" * 64, "none", 0.5)

    def __init__(self) -> None:
        self.there: list[Person] = []
        self.asked: list[Sequence[Region] | None] = []

    def persons(self, image: Image, regions: Sequence[Region] | None = None) -> tuple[Person, ...]:
        self.asked.append(regions)
        return tuple(self.there)


@pytest.fixture(scope="module")
def faces() -> YuNetCounter:
    return YuNetCounter(yunet_path().parent)


@pytest.fixture
def room() -> Room:
    return Room()


def watcher(
    faces: YuNetCounter, persons: Bodies | PicoDetPersons | None = None, view: CameraView | None = None,
    podium: bool = False,
) -> SeatWatcher:  # fmt: skip
    return SeatWatcher(faces, persons, view or CameraView(), hold_s=30, scan_s=60, podium=podium)


def run(watching: SeatWatcher, room: Room, numbers: Iterable[int], hide: Iterable[tuple[float, float, float]] = ()):
    hidden = list(hide)
    return [watching.look(number * STEP_MS, room.picture(number, hidden)) for number in numbers]


def where(look: Look) -> list[tuple[float, float, float]]:
    return [(one.x + one.w / 2, one.y + one.h / 2, one.w) for one in look.people if one.how == "face"]


def test_who_bends_is_held_and_both_numbers_are_told(faces: YuNetCounter, room: Room) -> None:
    watching = watcher(faces)
    first, second, *_ = run(watching, room, range(8))
    assert [(look.count, look.seated) for look in (first, second)] == [(PEOPLE, 0), (PEOPLE, PEOPLE)]
    bent = run(watching, room, range(8, 16), hide=where(second)[:2])
    assert [look.count for look in bent] == [PEOPLE - 2] * 8
    assert [look.seated for look in bent] == [PEOPLE] * 5 + [PEOPLE - 2] * 3  # 30 s, and not a picture longer
    assert sum(one.how == "held" for one in bent[0].people) == 2
    assert 0.9 < bent[0].confidence < 1
    assert bent[-1].confidence == 1
    (back,) = run(watching, room, [16])
    assert (back.count, back.seated) == (PEOPLE, PEOPLE)  # the place is known still


def test_whoever_leaves_is_let_go(faces: YuNetCounter, room: Room) -> None:
    watching = watcher(faces)
    run(watching, room, range(3))
    room.seat(PEOPLE - 3)
    assert [look.seated for look in run(watching, room, range(3, 12))][-1] == PEOPLE - 3


def test_bodies_are_looked_for_where_a_face_is_missing_and_keep_the_place(faces: YuNetCounter, room: Room) -> None:
    bodies = Bodies()
    watching = watcher(faces, bodies)
    _, second = run(watching, room, range(2))
    assert bodies.asked == [None]  # everywhere at first, then only where somebody is missing
    x, y, size = where(second)[0]
    bodies.there = [Person(x - 1.6 * size, y, 3.2 * size, 4 * size, 0.8)]
    bent = run(watching, room, range(2, 12), hide=[(x, y, size)])
    assert [(look.count, look.seated, look.confidence) for look in bent] == [(PEOPLE, PEOPLE, 1)] * 10
    regions = bodies.asked[1]
    assert regions is not None
    assert len(regions) == 1
    assert regions[0].x <= x <= regions[0].x + regions[0].w
    bodies.there = []
    assert [look.seated for look in run(watching, room, range(12, 15), hide=[(x, y, size)])][-1] == PEOPLE - 1


def test_a_body_under_a_face_is_no_second_person(faces: YuNetCounter, room: Room) -> None:
    bodies = Bodies()
    watching = watcher(faces, bodies)
    (look,) = run(watching, room, range(1))
    bodies.there = [Person(x - 1.6 * size, y - 0.6 * size, 3.2 * size, 5 * size, 0.9) for x, y, size in where(look)]
    other = watcher(faces, bodies)
    assert [look.count for look in run(other, room, range(3))] == [PEOPLE] * 3


def test_the_real_person_detector_imagines_nobody_in_the_practice_room(faces: YuNetCounter, room: Room) -> None:
    watching = watcher(faces, PicoDetPersons(models_path()))
    looks = run(watching, room, range(3))
    assert looks[-1].seated == PEOPLE
    assert watching.watcher.persons is not None
    assert watching.watcher.persons.name == "picodet"


def test_masks_neighbours_and_the_podium_do_not_count(faces: YuNetCounter, room: Room) -> None:
    everybody = run(watcher(faces), room, [0])[0]
    left = [one for one in where(everybody) if one[0] < 640]
    half = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    for zones, podium, counted in (
        (CameraZones(masks=(half,)), False, PEOPLE - len(left)),
        (CameraZones(neighbour=(half,)), False, PEOPLE - len(left)),
        (CameraZones(podium=(half,)), False, PEOPLE - len(left)),
        (CameraZones(podium=(half,)), True, PEOPLE),
        (CameraZones(seats=(half,)), False, len(left)),
    ):
        watching = watcher(faces, view=CameraView(zones), podium=podium)
        (look,) = run(watching, room, [0])
        assert look.count == counted
        assert watching.watcher.zones_sha256 == zones.digest()
        shown = [one.how for one in look.people]
        assert shown.count("outside") == (0 if zones.masks else PEOPLE - counted)


@pytest.mark.parametrize("zone", ["masks", "neighbour", "podium"])
def test_a_body_where_nobody_counts_keeps_no_absent_trainee_in_place(
    faces: YuNetCounter, room: Room, zone: str
) -> None:
    """A life-size poster, or the teacher, beside an empty seat."""
    bodies = Bodies()
    _, second = run(watcher(faces), room, range(2))
    x, y, size = max(where(second))
    left, right = (x + 0.8 * size) / 1280, (x + 3.5 * size) / 1280
    beside = ((left, 0.0), (min(right, 1.0), 0.0), (min(right, 1.0), 1.0), (left, 1.0))
    watching = watcher(faces, bodies, CameraView(CameraZones(**{zone: (beside,)})))
    assert run(watching, room, range(2))[-1].seated == PEOPLE
    bodies.there = [Person(x + 1.0 * size, y - 0.5 * size, 2 * size, 4 * size, 0.9)]
    gone = run(watching, room, range(2, 10), hide=[(x, y, size)])
    assert gone[-1].seated == gone[-1].count == PEOPLE - 1


def test_a_smaller_scale_finds_the_same_places(faces: YuNetCounter, room: Room) -> None:
    full, small = watcher(faces), watcher(faces, view=CameraView(scale=0.8))
    one, other = run(full, room, [0])[0], run(small, room, [0])[0]
    assert (one.count, other.count) == (PEOPLE, PEOPLE)
    for (x, y, _), (u, v, _) in zip(sorted(where(one)), sorted(where(other)), strict=True):
        assert abs(x - u) < 4
        assert abs(y - v) < 4
    assert small.watcher.scale == 0.8


@pytest.mark.parametrize("shape", [(2160, 3840), (960, 1280), (1280, 720), (480, 640), (1080, 1920)])
def test_pictures_of_any_size(faces: YuNetCounter, room: Room, shape: tuple[int, int]) -> None:
    grey = cv2.cvtColor(cv2.cvtColor(room.picture(0), cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    canvas = np.zeros((*shape, 3), np.uint8)
    size = min(shape[0] / 720, shape[1] / 1280)
    inside = cv2.resize(grey, None, fx=size, fy=size)
    canvas[: inside.shape[0], : inside.shape[1]] = inside
    assert watcher(faces).look(0, canvas).count >= PEOPLE - 2 if size > 0.55 else True


def test_eighty_people_and_nobody(faces: YuNetCounter, room: Room) -> None:
    full = Room(20).picture(0)
    watching = watcher(faces)
    hall = np.vstack([np.hstack([full, full]), np.hstack([full, full])])
    looks = [watching.look(n * STEP_MS, hall) for n in range(2)]
    assert looks[1].seated == looks[1].count >= 78
    nobody = watcher(faces).look(0, np.full((720, 1280, 3), 128, np.uint8))
    assert (nobody.count, nobody.seated, nobody.confidence, nobody.people) == (0, 0, 1, ())


@pytest.mark.parametrize("image", [np.zeros((1, 1, 3), np.uint8), np.zeros((720, 1280), np.uint8),
                                   np.zeros((720, 1280, 3), np.uint16)])  # fmt: skip
def test_what_is_no_picture_is_an_error_and_changes_nothing(faces: YuNetCounter, room: Room, image: Image) -> None:
    watching = watcher(faces, Bodies())
    run(watching, room, range(2))
    with pytest.raises(LessonProofError, match="PICTURE_UNUSABLE"):
        watching.look(10_000, image)
    assert run(watching, room, [2])[0].seated == PEOPLE
