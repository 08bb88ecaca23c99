"""Which rooms the disk admits, as recorder, report and doctor see it."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from config.clock import SystemClock
from config.settings import EdgeSettings
from edge_agent.capture import disk
from edge_agent.capture.admission import admitted
from edge_agent.capture.messages import CameraWish, RecorderConfig
from edge_agent.capture.recorder import PLANNED_S, Recorder
from edge_agent.lessons.timetable import Stretch
from edge_agent.report import every_room_fits
from supervisor.contract.state import CameraStatus
from tests.support.box import START, new_box

ROOMS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 100))


def test_rooms_that_fit_are_admitted_in_order_and_a_large_one_does_not_keep_out_a_small_one() -> None:
    assert admitted(100, 10, {"a": 60, "b": 40, "c": 30}) == {"a", "c"}


def test_a_room_once_admitted_stays_so_until_the_minimum_is_reached() -> None:
    assert admitted(30, 10, {"a": 10, "b": 60, "c": 10}, standing={"b"}) == {"b"}
    assert admitted(10, 10, {"b": 60}, standing={"b"}) == {"b"}
    assert admitted(9, 10, {"b": 60}, standing={"b"}) == frozenset()


@given(st.integers(0, 300), st.integers(0, 50), ROOMS, st.sets(st.sampled_from("abcdefgh")))
def test_what_is_newly_admitted_always_fits(free: int, least: int, rooms: dict[str, int], standing: set[str]) -> None:
    chosen = admitted(free, least, rooms, standing)
    assert chosen <= rooms.keys()
    if chosen - standing:
        assert sum(rooms[room] for room in chosen) <= free - least


def test_the_report_says_whether_every_room_fits_beside_the_others() -> None:
    settings = EdgeSettings(min_free_bytes=1000, expected_bitrate=8)
    rooms = [Stretch(START, START + timedelta(seconds=100), frozenset(cameras)) for cameras in ("ab", "c")]
    assert every_room_fits(1000 + 360, settings, rooms)
    assert not every_room_fits(1000 + 359, settings, rooms)
    assert every_room_fits(1000, settings, []) and not every_room_fits(999, settings, [])


def test_the_recorder_admits_room_by_room_and_never_takes_it_back_in_mid_lesson(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No camera answers here, so each tries again and again, and asks for the disk each time."""
    box = new_box(tmp_path)
    config = RecorderConfig.of(EdgeSettings(data_dir=tmp_path, min_free_bytes=1000, expected_bitrate=8))
    one_room = disk.needed_bytes(8, PLANNED_S)
    free = [1000 + one_room]
    monkeypatch.setattr(disk, "free_bytes", lambda _: free[0])
    recorder = Recorder(config, box.work, SystemClock())
    recorder.start()
    wishes = [CameraWish(camera_id=room, url=SecretStr("rtsp://127.0.0.1:9/x"), room=room) for room in ("a", "b")]

    def statuses_become(*wanted: CameraStatus) -> None:
        until = time.monotonic() + 20
        while (seen := tuple(recorder.status()[room].status for room in ("a", "b"))) != wanted:
            assert time.monotonic() < until, seen
            time.sleep(0.1)

    try:
        recorder.set_desired(wishes)
        statuses_become(CameraStatus.UNREACHABLE, CameraStatus.DISK_FULL)
        free[0] = 1000 + one_room // 2
        time.sleep(3)
        statuses_become(CameraStatus.UNREACHABLE, CameraStatus.DISK_FULL)
        free[0] = 999
        statuses_become(CameraStatus.DISK_FULL, CameraStatus.DISK_FULL)
        free[0] = 1000
        statuses_become(CameraStatus.UNREACHABLE, CameraStatus.DISK_FULL)
    finally:
        recorder.stop(still_wanted=False)
