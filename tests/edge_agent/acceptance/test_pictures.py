"""Where the pictures of a session come from, and how one is held with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from config.clock import SystemClock, epoch_ms
from config.errors import LessonProofError
from config.settings import CameraSettings, EdgeSettings
from device_adapters.cameras.rtsp import RtspCamera
from edge_agent.acceptance.exposure import glare
from edge_agent.acceptance.heat_map import draw
from edge_agent.acceptance.pictures import live, pictures
from edge_agent.acceptance.places import Place
from edge_agent.acceptance.trial import Plan, hold
from edge_agent.capture.keyframes import Picture
from edge_agent.vision.counter import Count, Face, Image
from edge_agent.vision.view import UNTAUGHT
from edge_agent.vision.watcher import SeatWatcher
from supervisor.rules.evidence import Counter
from tests.edge_agent.vision.test_sampler import Recording
from tests.support.box import new_box
from tests.support.practice_class import practice_class

NOWHERE = CameraSettings(code="room-a", url="rtsp://127.0.0.1:9/video")  # type: ignore[arg-type]
BLANK: Image = np.zeros((90, 160, 3), np.uint8)


class OneFace:
    """A detector that finds one face in every picture."""

    counter = Counter("yunet", "a" * 64, "openvino 1", 0.6)

    def count(self, image: Image) -> Count:
        return Count(1, (Face(75, 40, 10, 10, 0.9),))


def watcher() -> SeatWatcher:
    return SeatWatcher(OneFace(), None, UNTAUGHT, hold_s=60, scan_s=30, podium=False)


def test_while_the_box_records_its_own_files_are_read_and_the_camera_is_left_alone(tmp_path: Path) -> None:
    box = new_box(tmp_path)
    scene = np.full((96, 160, 3), 200, np.uint8)
    recording = Recording(box, "a", scene, box.clock)
    recording.goes_on(scene, 6)
    source = pictures(box.paths.recordings, "a", NOWHERE, EdgeSettings(), box.clock, lambda: False)
    first = next(source)
    recording.goes_on(scene, 4)
    assert 1000 < next(source).at_ms - first.at_ms <= 5000
    with pytest.raises(LessonProofError, match="CAMERA_NO_KEY_FRAME"):  # the recorder has stopped
        next(source)
    recording.ends()


def test_when_nothing_records_the_camera_is_opened(tmp_path: Path) -> None:
    box = new_box(tmp_path)
    source = pictures(box.paths.recordings, "a", NOWHERE, EdgeSettings(), box.clock, lambda: False)
    with pytest.raises(LessonProofError, match="CAMERA_UNREACHABLE"):
        next(source)


def test_a_camera_that_stops_half_way_ends_the_session_with_its_reason(tmp_path: Path) -> None:
    clock = SystemClock()
    with practice_class(pictures=4) as camera:
        adapter = RtspCamera(camera.url, networks=EdgeSettings().camera_networks, clock=clock, stall_after_s=2)
        counted: list[int] = []
        with pytest.raises(LessonProofError, match="CAMERA_ENDED"):
            hold(Plan(1, every_s=0.01), live(adapter, clock, lambda: False), watcher(), clock,
                 lambda number, planned, look: counted.append(look.width))  # fmt: skip
    assert set(counted) == {1280}


def test_pictures_are_counted_as_far_apart_as_asked_and_no_more_than_planned(tmp_path: Path) -> None:
    clock = new_box(tmp_path).clock
    start_ms = epoch_ms(clock.now())
    source = (Picture(start_ms + 1000 * second, BLANK) for second in range(10_000))
    told: list[int] = []
    trial = hold(
        Plan(1, minutes=3, every_s=5), source, watcher(), clock, lambda number, planned, look: told.append(planned)
    )
    assert told == [36] * 36
    assert (trial.session.end_ms - trial.session.start_ms, trial.session.exact) == (35 * 5000, 36)
    assert len(trial.pictures) == 12 and [advice.code for advice in trial.advice] == ["FACES_SMALL"]  # 10 px


def test_a_session_of_no_picture_or_of_two_sizes_is_none(tmp_path: Path) -> None:
    clock = new_box(tmp_path).clock
    with pytest.raises(LessonProofError, match="NO_PICTURES"):
        hold(Plan(1), [], watcher(), clock, lambda *_: None)
    larger = np.zeros((180, 320, 3), np.uint8)
    with pytest.raises(LessonProofError, match="PICTURE_CHANGED"):
        hold(
            Plan(1),
            [Picture(0, BLANK), Picture(9000, BLANK), Picture(18_000, larger)],
            watcher(),
            clock,
            lambda *_: None,
        )


def test_a_camera_with_rare_key_frames_ends_the_session_late_and_is_told_so(tmp_path: Path) -> None:
    clock = new_box(tmp_path).clock

    def slow():  # type: ignore[no-untyped-def]
        while True:
            clock.sleep(20)
            yield Picture(epoch_ms(clock.now()), BLANK)

    trial = hold(Plan(1), slow(), watcher(), clock, lambda *_: None)
    assert trial.session.samples == 10
    assert [advice.code for advice in trial.advice] == [
        "FACES_SMALL", "KEY_FRAMES_FAR_APART", "TOO_FEW_PICTURES",
    ]  # fmt: skip


def test_glare_is_what_is_white_and_where() -> None:
    picture = np.full((1080, 1920, 3), 120, np.uint8)
    assert glare(picture) == (0.0, 0.5)
    picture[:, 1440:] = 255
    share, left = glare(picture)
    assert abs(share - 0.25) < 0.01 and abs(left - 0.875) < 0.01


def test_the_heat_map_marks_places_on_a_dimmed_room() -> None:
    room = np.full((720, 1280, 3), 200, np.uint8)
    places = [Place(x, 0.5, 0.03, seen, 100, (38.0,), 0.1) for x, seen in ((0.2, 100), (0.5, 70), (0.8, 20))]
    picture = draw(room, places)
    assert picture.shape == room.shape and int(picture[10, 10, 0]) < 120
    radius = round(0.8 * 0.03 * 1280)
    colours = [tuple(int(part) for part in picture[360, round(place.x * 1280) + radius]) for place in places]
    greener, redder = colours[0], colours[2]
    assert greener[1] > greener[2] and redder[2] > redder[1] and len(set(colours)) == 3
