"""Pictures for vision out of files that are being written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.clock import ManualClock, epoch_ms
from edge_agent.capture import keyframes
from edge_agent.capture.segment_file import index_path
from tests.support.pictures import INFO, Recording, encoded

START = datetime(2026, 11, 23, 23, 59, 56, tzinfo=UTC)  # the recording goes on past midnight
ZERO = epoch_ms(START)


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    made = Recording(tmp_path, ManualClock(START))
    made.feed(encoded(6.5))
    return made


def test_the_newest_key_frame_of_the_open_file_is_given_as_bgr(recording: Recording) -> None:
    picture = keyframes.newest(recording.paths.recordings, "cam-1", 0)
    assert picture is not None
    assert picture.at_ms - ZERO == 6000
    assert (picture.image.shape, str(picture.image.dtype)) == ((180, 320, 3), "uint8")
    blue, green, red = picture.image[60, (150 * 4) % 280 + 20]
    assert red > green > blue  # the moving square, in OpenCV's order


def test_a_key_frame_of_h265_is_given_too(tmp_path: Path) -> None:
    recording = Recording(tmp_path, ManualClock(START), info=replace(INFO, codec="hevc"))
    recording.feed(encoded(2, codec="libx265"))
    pictures = list(keyframes.between(recording.paths.recordings, "cam-1", ZERO, ZERO + 2000))
    assert [(one.at_ms - ZERO, one.image.shape) for one in pictures] == [(0, (180, 320, 3)), (1000, (180, 320, 3))]
    blue, green, red = pictures[1].image[60, (25 * 4) % 280 + 20]
    assert red > green > blue


def test_nothing_newer_is_none(recording: Recording) -> None:
    assert keyframes.newest(recording.paths.recordings, "cam-1", ZERO + 6000) is None
    assert keyframes.newest(recording.paths.recordings, "cam-2", 0) is None


@pytest.mark.parametrize("tail", [b"12", b"999999999 10 0 99999999999999\n", b"\xff\xfe\n", b"1 2 3\n"])
def test_a_half_written_index_never_raises(recording: Recording, tail: bytes) -> None:
    part = recording.files()[-1]
    with index_path(part).open("ab") as index:
        index.write(tail)
    picture = keyframes.newest(recording.paths.recordings, "cam-1", 0)
    assert picture is not None and picture.at_ms - ZERO == 6000


def test_a_file_renamed_meanwhile_is_found(recording: Recording) -> None:
    recording.settle()
    picture = keyframes.newest(recording.paths.recordings, "cam-1", 0)
    assert picture is not None and picture.at_ms - ZERO == 6000


def test_the_key_frames_of_a_stretch_come_in_order_across_files_and_midnight(recording: Recording) -> None:
    found = keyframes.between(recording.paths.recordings, "cam-1", ZERO + 2000, ZERO + 6000)
    assert [picture.at_ms - ZERO for picture in found] == [2000, 3000, 4000, 5000]
