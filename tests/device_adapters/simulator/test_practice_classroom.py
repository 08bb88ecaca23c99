"""The detector of the product counts exactly who sits in the practice classroom, after encoding and decoding."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from device_adapters.simulator.classroom import MAX_PEOPLE, Classroom
from device_adapters.simulator.encoder import Encoder, parameter_sets
from device_adapters.simulator.faces import fetch_photograph, load_photograph
from device_adapters.simulator.room import HEIGHT, SEATS, WIDTH
from tests.support.fixtures_models import yunet_path

START = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def photograph() -> NDArray[np.uint8]:
    fetch_photograph()
    return load_photograph()


@pytest.fixture(scope="module")
def detector() -> cv2.FaceDetectorYN:
    return cv2.FaceDetectorYN.create(str(yunet_path()), "", (WIDTH, HEIGHT), 0.6, 0.3, 5000)


def key_frames(classroom: Classroom, count: int) -> Iterator[NDArray[np.uint8]]:
    """`count` decoded key frames, BGR, of pictures a tenth of a second apart."""
    encoder, decoder = Encoder(WIDTH, HEIGHT), av.CodecContext.create("h264", "r")
    number = 0
    while count:
        unit = encoder.encode(classroom.picture(START + timedelta(seconds=number / 10)))
        number += 1
        for frame in decoder.decode(av.Packet(b"".join(b"\0\0\0\1" + nal for nal in unit.nals))):
            if frame.key_frame and count:
                count -= 1
                yield frame.to_ndarray(format="bgr24")


@pytest.mark.parametrize("people", [0, 1, 4, 8, 12, 16, MAX_PEOPLE])
def test_the_detector_counts_exactly_who_is_there(
    photograph: NDArray[np.uint8], detector: cv2.FaceDetectorYN, people: int
) -> None:
    counts, widths = [], []
    for seed in range(3):
        for picture in key_frames(Classroom(photograph, "101 焊工实训室", people, seed), 5):
            faces = detector.detect(picture)[1]
            counts.append(0 if faces is None else len(faces))
            widths += [] if faces is None else [face[2] for face in faces]
    assert counts.count(people) >= 0.95 * len(counts), counts
    assert all(22 <= width <= 62 for width in widths), "as wide as a real camera gives them"


def test_the_clock_and_the_heads_move_and_the_walls_do_not(photograph: NDArray[np.uint8]) -> None:
    classroom = Classroom(photograph, "101", 4)
    first = classroom.picture(START)[:HEIGHT].astype(int)
    later = classroom.picture(START + timedelta(seconds=1.3))[:HEIGHT].astype(int)
    change = np.abs(first - later)
    x, y = (round(value) for value in SEATS[classroom._seats[0]].face)
    assert change[20:48, 24:340].max() > 100, "the clock"
    assert change[y - 30 : y + 30, x - 30 : x + 30].max() > 40, "a head"
    assert 0 < change[190:215, 320:900].mean() < 4, "only noise on the board"


def test_nobody_hides_anybody(photograph: NDArray[np.uint8]) -> None:
    """Every head keeps inside the picture and clear of the faces around it."""
    classroom = Classroom(photograph, "101", MAX_PEOPLE)
    for sway in classroom._scene.sways:
        for patch in sway:
            height, width = patch.y.shape
            assert patch.left >= 0 and patch.left + width <= WIDTH
            assert patch.top >= 0 and patch.top + height <= HEIGHT
            inside = [
                seat for seat in SEATS
                if patch.left < seat.face[0] < patch.left + width and patch.top < seat.face[1] < patch.top + height
            ]  # fmt: skip
            assert len(inside) == 1


def test_a_covered_lens_is_black_but_tells_the_time(photograph: NDArray[np.uint8]) -> None:
    luma = Classroom(photograph, "101", 4).picture(START, dark=True)[:HEIGHT]
    assert np.median(luma) < 25
    assert luma[20:48, 24:340].max() > 200


def test_people_outside_the_seats_are_refused(photograph: NDArray[np.uint8]) -> None:
    classroom = Classroom(photograph, "101", 4)
    with pytest.raises(ValueError, match="people"):
        classroom.seat(MAX_PEOPLE + 1)
    assert classroom.people == 4


def test_parameter_sets_are_those_every_key_frame_carries(photograph: NDArray[np.uint8]) -> None:
    unit = Encoder(WIDTH, HEIGHT).encode(Classroom(photograph, "101", 4).picture(START))
    assert unit.is_key
    assert unit.nals[:2] == parameter_sets(WIDTH, HEIGHT)
    assert len(unit.nals) == 3, "one slice"
