"""Clips: from the key frame before, to the millisecond asked for, gaps left as they are, playable from 0."""

from __future__ import annotations

import hashlib
import itertools
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.clock import ManualClock, epoch_ms
from config.errors import LessonProofError
from edge_agent.capture.cut import Within, cut
from storage.evidence.fmp4 import fragments
from supervisor.rules.evidence import GapReason
from tests.support.pictures import Recording, delayed, encoded

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
ZERO = epoch_ms(START)


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """0 to 10 s in segments of 4 s, then a gap of 3 s, then 13 to 19 s."""
    made = Recording(tmp_path, ManualClock(START))
    made.feed(encoded(10))
    made.writer.end(GapReason.LINE_LOST)
    made.connect()
    made.feed(delayed(encoded(6), 13))
    made.settle()
    return made


def probed(path: Path) -> tuple[list[float], str]:
    """Presentation times (s) of every decoded picture, and what ffprobe complained about."""
    command = ["ffprobe", "-v", "error", "-show_entries", "frame=pts_time", "-of", "json", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return [float(frame["pts_time"]) for frame in json.loads(run.stdout)["frames"]], run.stderr


@pytest.mark.ffmpeg
def test_a_clip_begins_at_the_key_frame_before_and_plays_from_zero(recording: Recording, tmp_path: Path) -> None:
    result = cut(recording.files(), ZERO + 2500, ZERO + 9000, tmp_path / "clips")
    assert (result.start_ms - ZERO, result.end_ms - ZERO, result.media_ms) == (2000, 9000, 7000)
    assert (result.codec, result.width, result.height) == ("h264", 320, 180)
    content = result.path.read_bytes()
    assert result.path.name == f"{hashlib.sha256(content).hexdigest()}.mp4" == f"{result.sha256}.mp4"
    assert result.bytes == len(content)
    times, complaints = probed(result.path)
    assert complaints == ""
    assert times == [pytest.approx(number / 25) for number in range(175)]


@pytest.mark.ffmpeg
def test_a_gap_stays_visible_as_a_step_of_time(recording: Recording, tmp_path: Path) -> None:
    result = cut(recording.files(), ZERO + 8000, ZERO + 15_000, tmp_path / "clips")
    assert (result.start_ms - ZERO, result.end_ms - ZERO, result.media_ms) == (8000, 15_000, 4000)
    times, complaints = probed(result.path)
    assert complaints == ""
    steps = [round(after - before, 3) for before, after in itertools.pairwise(times)]
    assert sorted(set(steps)) == [0.04, 3.04]


def test_a_clip_dates_itself(recording: Recording, tmp_path: Path) -> None:
    result = cut(recording.files(), ZERO + 8000, ZERO + 15_000, tmp_path / "clips")
    index = fragments(result.path)
    assert [one.wall_ms - ZERO for one in index.fragments if one.wall_ms is not None] == [8000, 9000, 13_000, 14_000]
    assert index.start_wall_ms == result.start_ms


def test_a_stretch_that_begins_in_a_gap_begins_with_the_first_picture_after_it(
    recording: Recording, tmp_path: Path
) -> None:
    result = cut(recording.files(), ZERO + 11_000, ZERO + 16_000, tmp_path / "clips")
    assert (result.start_ms - ZERO, result.media_ms) == (13_000, 3000)


def test_the_same_stretch_gives_the_same_file(recording: Recording, tmp_path: Path) -> None:
    first = cut(recording.files(), ZERO + 1000, ZERO + 5000, tmp_path / "clips")
    second = cut(list(reversed(recording.files())), ZERO + 1000, ZERO + 5000, tmp_path / "clips")
    assert first == second
    assert [file.name for file in (tmp_path / "clips").iterdir()] == [first.path.name]


def test_a_segment_still_being_written_is_cut_as_far_as_it_is_whole(tmp_path: Path) -> None:
    recording = Recording(tmp_path, ManualClock(START))
    recording.feed(encoded(6))
    part = recording.files()[-1]
    assert part.name.endswith(".part")
    with part.open("ab") as file:
        file.write(b"\x00\x00\x01")
    result = cut(recording.files(), ZERO + 3000, ZERO + 6000, tmp_path / "clips")
    assert (result.start_ms - ZERO, result.media_ms) == (3000, 2960)


def test_a_stretch_without_pictures_is_refused(recording: Recording, tmp_path: Path) -> None:
    with pytest.raises(LessonProofError, match="CLIP_EMPTY"):
        cut(recording.files(), ZERO + 10_500, ZERO + 12_500, tmp_path / "clips")


def test_a_change_of_parameters_inside_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    recording = Recording(tmp_path, ManualClock(START))
    recording.feed(encoded(3) + delayed(encoded(3, width=640, height=360), 3))
    recording.settle()
    with pytest.raises(LessonProofError, match="CLIP_STREAM_CHANGED"):
        cut(recording.files(), ZERO, ZERO + 6000, tmp_path / "clips")
    assert not (tmp_path / "clips").exists()
    assert cut(recording.files(), ZERO + 3000, ZERO + 6000, tmp_path / "clips").width == 640


def test_a_damaged_segment_is_refused(recording: Recording, tmp_path: Path) -> None:
    file = recording.files()[0]
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(LessonProofError, match="MEDIA_DAMAGED"):
        cut(recording.files(), ZERO, ZERO + 3000, tmp_path / "clips")


def test_a_clock_set_back_inside_never_makes_time_run_backwards(tmp_path: Path) -> None:
    recording = Recording(tmp_path, ManualClock(START))
    packets = encoded(12)
    recording.feed(packets[:150])
    recording.clock.step(-3)
    recording.feed(packets[150:])
    recording.settle()
    result = cut(recording.files(), ZERO, ZERO + 9000, tmp_path / "clips")
    assert fragments(result.path).media_ms == result.media_ms == 9000


def test_a_clip_at_the_bell_begins_inside_the_lesson_and_gets_at_its_end_what_it_loses(
    recording: Recording, tmp_path: Path
) -> None:
    lesson = Within(ZERO + 1500, ZERO + 9000)
    result = cut(recording.files(), ZERO + 1500, ZERO + 5500, tmp_path / "clips", within=lesson)
    assert (result.start_ms - ZERO, result.end_ms - ZERO, result.media_ms) == (2000, 6040, 4040)
    inner = cut(recording.files(), ZERO + 2500, ZERO + 5500, tmp_path / "clips", within=lesson)
    assert (inner.start_ms - ZERO, inner.end_ms - ZERO) == (2000, 5520)


def test_no_picture_of_a_clip_lasts_beyond_the_lesson(recording: Recording, tmp_path: Path) -> None:
    lesson = Within(ZERO + 1500, ZERO + 5510)
    result = cut(recording.files(), ZERO + 1500, ZERO + 5510, tmp_path / "clips", within=lesson)
    assert (result.start_ms - ZERO, result.end_ms - ZERO) == (2000, 5480)
    with pytest.raises(LessonProofError, match="CLIP_EMPTY"):
        cut(recording.files(), ZERO + 1500, ZERO + 1900, tmp_path / "clips", within=Within(ZERO + 1500, ZERO + 1900))


def test_a_clip_is_for_its_owners_eyes_only(recording: Recording, tmp_path: Path) -> None:
    result = cut(recording.files(), ZERO, ZERO + 2000, tmp_path / "clips")
    assert result.path.stat().st_mode & 0o777 == 0o600
