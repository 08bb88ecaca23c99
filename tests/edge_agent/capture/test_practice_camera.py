"""The recorder against our own practice camera, whose faults are scripted."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from config.clock import SystemClock
from config.settings import EdgeSettings
from device_adapters.simulator.practice import PracticeCameras
from device_adapters.simulator.script import CameraSpec, Drop
from edge_agent.commands.record import record_for


@pytest.fixture(scope="module")
def cameras() -> PracticeCameras:
    with PracticeCameras([CameraSpec(path="/room-101", room="101", people=8)]) as running:
        yield running


def test_a_line_that_drops_is_two_runs_and_a_gap_with_its_reason(cameras: PracticeCameras, tmp_path: Path) -> None:
    dropped = []

    def drop_once(elapsed_s: float, _state: object) -> None:
        if elapsed_s > 3 and not dropped:
            dropped.append(time.monotonic())
            cameras[0].apply(Drop(for_s=2))

    settings = EdgeSettings(data_dir=tmp_path, segment_s=4, stall_after_s=3, min_free_bytes=0)
    result = record_for(cameras[0].url, 10, settings, SystemClock(), show=drop_once)
    (gap,) = result.gaps
    assert gap.reason == "line_lost" and gap.end_ms is not None
    assert 2000 <= gap.end_ms - gap.start_ms <= 2000 + 3000 + 2000, "the line, the return, and on to a key frame"
    assert result.codec == "h264"
    assert len(result.segments) >= 2 and all(segment.sha256 for segment in result.segments)
    ends = [segment.start_ms + segment.media_ms for segment in result.segments]
    recorded_ms = ends[-1] - result.segments[0].start_ms - (gap.end_ms - gap.start_ms)
    assert abs(result.media_ms - recorded_ms) <= 1
