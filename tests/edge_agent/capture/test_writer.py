"""Packets in, runs and segments out: what breaks a run, where files are cut, what index and log say of them."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from config.clock import ManualClock, epoch_ms
from device_adapters.interfaces import VideoPacket
from edge_agent.capture.segment_file import index_path
from storage.evidence.fmp4 import fragments
from storage.evidence.tables import GapRow, LogRow, Run, Segment
from supervisor.contract.log import LOG_ENTRY, GapEntry, SegmentEntry
from supervisor.rules.evidence import GapReason
from tests.support.pictures import Recording, delayed, encoded

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
ZERO = epoch_ms(START)
CAMERA = "0d7a2f1e-8f0b-4b43-9a49-3c8b3b0c0001"


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    made = Recording(tmp_path, ManualClock(START))
    made.connect(CAMERA)
    return made


def rows(recording: Recording, table: type) -> list:
    with recording.work.read() as session:
        return list(session.scalars(select(table).order_by(*table.__table__.primary_key)))


def test_an_unbroken_stream_is_one_run_in_segments_cut_at_key_frames(recording: Recording) -> None:
    recording.feed(encoded(10))
    recording.settle()
    (run,) = rows(recording, Run)
    assert (run.start_ms, run.media_ms, run.end_reason) == (ZERO, 10_000, "not_recorded")
    assert (run.codec, run.width, run.height) == ("h264", 320, 180)
    segments = rows(recording, Segment)
    assert [(one.start_ms - ZERO, one.media_ms) for one in segments] == [(0, 4000), (4000, 4000), (8000, 2000)]
    assert rows(recording, GapRow) == []
    for row in segments:
        file = recording.paths.recordings / row.path
        assert file.name == f"{row.start_ms}.mp4"
        assert row.closed and row.bytes == file.stat().st_size
        assert row.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
        assert fragments(file).fragments[0].keyframe


def test_time_in_the_files_runs_on_through_the_run(recording: Recording) -> None:
    recording.feed(encoded(10))
    recording.settle()
    starts = [fragments(file).fragments[0].tfdt for file in recording.files()]
    assert starts == [0, 4 * 90_000, 8 * 90_000]


def test_the_index_beside_a_file_points_at_its_key_frames(recording: Recording) -> None:
    recording.feed(encoded(3))
    recording.settle()
    (file,) = recording.files()
    lines = [tuple(map(int, line.split())) for line in index_path(file).read_text().splitlines()]
    keys = [one for one in fragments(file).fragments if one.keyframe]
    assert lines == [(one.offset, one.size, one.tfdt // 90, one.wall_ms) for one in keys]


@pytest.mark.ffmpeg
def test_ffprobe_reads_every_picture_without_an_error(recording: Recording) -> None:
    recording.feed(encoded(10))
    recording.settle()
    for file, pictures in zip(recording.files(), (100, 100, 50), strict=True):
        command = [
            "ffprobe",
            "-v",
            "error",
            "-count_frames",
            "-show_entries",
            "stream=nb_read_frames",
            "-of",
            "csv=p=0",
        ]
        run = subprocess.run([*command, str(file)], capture_output=True, text=True, timeout=60, check=True)
        assert (run.stdout.strip(), run.stderr) == (str(pictures), "")


def test_log_entries_are_what_the_contract_says_and_chained(recording: Recording) -> None:
    recording.feed(encoded(5))
    recording.writer.end(GapReason.LINE_LOST)
    recording.connect(CAMERA)
    recording.feed(delayed(encoded(5), 7))
    recording.settle()
    entries = [LOG_ENTRY.validate_json(row.body) for row in rows(recording, LogRow)]
    segments = [entry for entry in entries if isinstance(entry, SegmentEntry)]
    (gap,) = [entry for entry in entries if isinstance(entry, GapEntry)]
    assert [entry.media_ms for entry in segments] == [4000, 1000, 4000, 1000]
    assert {entry.sha256 for entry in segments} == {row.sha256 for row in rows(recording, Segment)}
    assert (gap.start_ms - ZERO, gap.end_ms - ZERO, gap.reason) == (5000, 7000, "line_lost")
    assert [entry.n for entry in entries] == list(range(5))
    hashes = [row.sha256 for row in rows(recording, LogRow)]
    assert [entry.prev for entry in entries] == [None, *hashes[:-1]]


def test_missing_pictures_end_the_run_and_the_gap_is_as_long_as_they_are(recording: Recording) -> None:
    packets = encoded(6)
    recording.feed(packets[:50] + packets[75:])  # one whole group is missing
    recording.settle()
    first, second = rows(recording, Run)
    assert (first.media_ms, first.end_reason) == (1960, "frames_lost"), "the picture before a hole may be torn"
    assert (second.start_ms - ZERO, second.media_ms) == (3000, 3000)
    (gap,) = rows(recording, GapRow)
    assert (gap.start_ms - ZERO, gap.end_ms - ZERO, gap.reason) == (1960, 3000, "frames_lost")


def test_after_a_loss_nothing_is_recorded_before_a_key_frame(recording: Recording) -> None:
    packets = encoded(6)
    recording.feed(packets[:55] + packets[70:])  # goes on in the middle of a group
    recording.settle()
    _, second = rows(recording, Run)
    assert second.start_ms - ZERO == 3000


def test_a_run_does_not_begin_with_a_key_frame_whose_head_is_missing(recording: Recording) -> None:
    packets = encoded(3)
    second_slice = packets[0].data.rfind(b"\x00\x00\x01\x65")
    recording.feed((replace(packets[0], data=b"\x00" + packets[0].data[second_slice:]), *packets[1:]))
    recording.settle()
    (run,) = rows(recording, Run)
    assert (run.start_ms - ZERO, run.media_ms) == (1000, 2000)


def test_the_last_picture_of_a_stream_that_broke_off_is_left_out(recording: Recording) -> None:
    """It may be torn: FFmpeg gives out what came of it (seen: an access unit delimiter and nothing else)."""
    torn = replace(delayed(encoded(1), 3)[0], data=b"\x00\x00\x00\x01\x09\xf0", is_keyframe=False)
    recording.feed((*encoded(3), torn))
    recording.writer.end(GapReason.LINE_LOST, whole=False)
    recording.settle()
    (run,) = rows(recording, Run)
    (gap,) = rows(recording, GapRow)
    assert run.media_ms == gap.start_ms - ZERO == 3000
    assert sum(len(fragments(file).fragments) for file in recording.files()) == 75


def test_a_few_lost_pictures_are_not_a_gap(recording: Recording) -> None:
    packets = encoded(4)
    recording.feed(packets[:30] + packets[37:])
    recording.settle()
    (run,) = rows(recording, Run)
    assert run.media_ms == 4000


def test_time_running_backwards_ends_the_run(recording: Recording) -> None:
    packets = encoded(4)
    back = tuple(replace(one, pts=one.pts - 180_000, dts=one.dts - 180_000) for one in packets[50:])
    recording.feed(packets[:50] + back)
    recording.settle()
    assert [run.end_reason for run in rows(recording, Run)] == ["frames_lost", "not_recorded"]


def test_a_clock_step_begins_a_new_run_at_the_next_key_frame_and_loses_no_picture(recording: Recording) -> None:
    packets = encoded(6)
    recording.feed(packets[:60])
    recording.clock.step(30)
    recording.feed(packets[60:])
    recording.settle()
    first, second = rows(recording, Run)
    assert (first.media_ms, first.end_reason) == (3000, "clock_step")
    assert (second.start_ms - ZERO, second.media_ms) == (33_000, 3000)
    (gap,) = rows(recording, GapRow)
    assert (gap.end_ms - gap.start_ms, gap.reason) == (30_000, "clock_step")


def test_a_clock_set_back_writes_over_nothing(recording: Recording) -> None:
    packets = encoded(12)
    recording.feed(packets[:150])
    recording.clock.step(-6)  # the next run begins at the very time the first one did
    recording.feed(packets[150:])
    recording.settle()
    assert [run.start_ms - ZERO for run in rows(recording, Run)] == [0, 0]
    assert len({row.path for row in rows(recording, Segment)}) == len(recording.files()) == 4
    (gap,) = rows(recording, GapRow)
    assert gap.start_ms == gap.end_ms == ZERO


def test_other_parameters_begin_a_new_run_without_a_gap(recording: Recording) -> None:
    recording.feed(encoded(3) + delayed(encoded(3, width=640, height=360), 3))
    recording.settle()
    first, second = rows(recording, Run)
    assert (first.end_reason, first.width, second.width) == ("stream_changed", 320, 640)
    (gap,) = rows(recording, GapRow)
    assert (gap.start_ms - ZERO, gap.end_ms - ZERO) == (3000, 3000)


def test_a_camera_whose_clock_runs_away_is_dated_anew(recording: Recording) -> None:
    fast = tuple(replace(one, arrived_monotonic=one.arrived_monotonic * 1.2) for one in encoded(30))
    recording.feed(fast)
    recording.settle()
    runs = rows(recording, Run)
    assert [run.end_reason for run in runs[:-1]] == ["clock_step"] * (len(runs) - 1) and len(runs) > 1
    last = runs[-1]
    assert abs(last.start_ms + last.media_ms - ZERO - 36_000) <= 2500


def test_the_camera_clock_is_compared_with_the_box(recording: Recording) -> None:
    ahead = tuple(
        replace(one, camera_ntp_us=(ZERO + 7000) * 1000 + round(one.arrived_monotonic * 1e6)) for one in encoded(3)
    )
    recording.feed(ahead)
    recording.settle()
    (run,) = rows(recording, Run)
    assert run.clock_offset_ms == 7000


def test_the_index_follows_the_running_run_group_by_group(recording: Recording) -> None:
    recording.feed(encoded(3.5))
    recording.settle(reason=None)
    (run,) = rows(recording, Run)
    assert (run.media_ms, run.end_reason) == (3000, None)
    (row,) = rows(recording, Segment)
    assert row.path.endswith(".mp4.part") and not row.closed


def test_a_stream_without_parameter_sets_in_band_uses_those_of_the_sdp(tmp_path: Path) -> None:
    from edge_agent.capture.annexb import parameter_sets
    from tests.support.pictures import INFO

    packets = encoded(2)
    sets = parameter_sets(packets[0].data, "h264")

    def bare(packet: VideoPacket) -> VideoPacket:
        at = packet.data.find(b"\x00\x00\x01\x65")
        return replace(packet, data=b"\x00" + packet.data[at:]) if packet.is_keyframe else packet

    recording = Recording(tmp_path, ManualClock(START), info=replace(INFO, extradata=sets))
    recording.feed(tuple(map(bare, packets)))
    recording.settle()
    (file,) = recording.files()
    assert (fragments(file).width, fragments(file).media_ms) == (320, 2000)


def test_a_camera_that_sends_a_picture_a_second_is_one_run_but_for_its_first_picture(recording: Recording) -> None:
    """Only from the second step on can the recorder know that none was lost."""
    recording.feed(encoded(20, fps=1, gop=1))
    recording.settle()
    first, rest = rows(recording, Run)
    assert (first.media_ms, first.end_reason) == (0, GapReason.FRAMES_LOST)
    assert (rest.start_ms - ZERO, rest.media_ms, rest.end_reason) == (1000, 19_000, "not_recorded")
    (gap,) = rows(recording, GapRow)
    assert (gap.start_ms - ZERO, gap.end_ms - ZERO, gap.reason) == (0, 1000, GapReason.FRAMES_LOST)
