"""What Prometheus sees of a box: true numbers, on the loopback address only, and never a reason to stop."""

from __future__ import annotations

import logging
import socket
import time
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry

from config.clock import epoch_ms
from edge_agent.capture.timekeeping import ClockState
from edge_agent.metrics import BoxCollector, serving
from edge_agent.remembered import Fact, remember
from edge_agent.vision.sampler import CameraSampling
from storage.evidence.tables import GapRow, Run
from supervisor.contract.state import BoxState, CameraReport, CameraStatus, DiskReport
from supervisor.rules.evidence import GapReason
from tests.support.box import Box, camera_of, lesson_of, new_box, target_of


def collector_of(box: Box, clock_state: ClockState = ClockState(True, 1500, 20)) -> BoxCollector:
    camera = camera_of()
    box.told(target_of([lesson_of()], (camera,)))
    now = box.clock.now()
    report = CameraReport(
        camera_id=camera.camera_id,
        status=CameraStatus.RECORDING,
        since=now,
        last_picture_at=now - timedelta(seconds=2),
        people=29,
        people_at=now,
        bytes_recorded=12345,
    )
    state = BoxState(
        at=now,
        version="1",
        cameras=(report,),
        lessons=(),
        disk=DiskReport(total_bytes=1000, free_bytes=400, admission_ok=True),
        backlog_entries=7,
        backlog_clips=2,
    )
    sampling = CameraSampling(str(camera.camera_id), 5.0, 6.5, epoch_ms(now) - 3000, 29, None)
    return BoxCollector(
        box.work,
        box.plans,
        box.clock,
        state=lambda: state,
        sampling=lambda: [sampling],
        restarts=lambda: 3,
        replays_waiting=lambda: 4,
        read_clock=lambda: clock_state,
    )


def run_of(camera: str, now_ms: int, octets_lost: int | None) -> Run:
    return Run(
        camera_id=camera, boot_id="boot-1", start_ms=now_ms - 5000, media_ms=1000, end_reason="line_lost",
        codec="h264", width=320, height=180, octets_lost=octets_lost,
    )  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_every_number_an_operator_watches_is_there_under_the_cameras_own_name(tmp_path: Path) -> None:
    box = new_box(tmp_path / "box")
    now_ms = epoch_ms(box.clock.now())
    with box.work.write() as session:
        remember(session, Fact.LAST_CONTACT_MS, now_ms - 60_000)
        camera = str(camera_of().camera_id)
        for start_ms, end_ms, reason in (
            (now_ms - 90_000, now_ms - 80_000, GapReason.LINE_LOST),
            (now_ms - 70_000, now_ms - 65_000, GapReason.LINE_LOST),
            (now_ms - 4_000, None, GapReason.CAMERA_STALLED),
        ):
            session.add(GapRow(camera_id=camera, start_ms=start_ms, end_ms=end_ms, reason=reason.value))
        for octets in (None, 1400, 2800):
            session.add(run_of(camera, now_ms, octets))
    registry = CollectorRegistry()
    registry.register(collector_of(box))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"lessonproof_{name}", labels)

    room = {"camera": "room-a"}
    assert value("camera_up", status="recording", **room) == 1
    assert value("camera_last_picture_age_seconds", **room) == 2
    assert value("camera_recorded_bytes", **room) == 12345
    assert value("people", **room) == 29
    assert value("people_age_seconds", **room) == 3
    assert value("sampling_interval_seconds", **room) == 6.5
    assert value("gap_seconds_total", reason="line_lost", **room) == 15
    assert value("gap_seconds_total", reason="camera_stalled", **room) == 4
    assert value("lost_octets_total", **room) == 4200
    assert value("recorder_restarts_total") == 3
    assert value("outbox_entries") == 7
    assert value("clips_waiting") == 2
    assert value("centre_silent_seconds") == 60
    assert value("disk_free_bytes") == 400
    assert value("disk_admission") == 1
    assert value("clock_synchronised") == 1
    assert value("clock_offset_seconds") == 0.0015
    assert value("clock_uncertainty_seconds") == 0.02


def test_a_clock_that_says_nothing_is_absent_and_not_zero(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    registry.register(collector_of(new_box(tmp_path / "box"), ClockState()))
    assert registry.get_sample_value("lessonproof_clock_synchronised") is None
    assert registry.get_sample_value("lessonproof_outbox_entries") == 7


def test_it_is_served_on_loopback_while_the_box_works_and_the_port_is_free_again_after(tmp_path: Path) -> None:
    port = free_port()
    with serving(port, collector_of(new_box(tmp_path / "box"))) as served:
        assert served == port
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5)
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert 'lessonproof_camera_up{camera="room-a",status="recording"} 1.0' in answer.text
        with socket.socket() as outside:  # nobody listens on the machine's other addresses
            outside.bind(("127.0.0.2", port))
    until = time.monotonic() + 10
    while is_taken(port):
        assert time.monotonic() < until
        time.sleep(0.05)


def is_taken(port: int) -> bool:
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            again.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def test_a_taken_port_is_a_warning_and_no_crash(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with (
            caplog.at_level(logging.WARNING),
            serving(holder.getsockname()[1], collector_of(new_box(tmp_path / "box"))) as port,
        ):
            assert port is None
    assert "no metrics" in caplog.text


def test_port_zero_turns_it_off(tmp_path: Path) -> None:
    with serving(0, collector_of(new_box(tmp_path / "box"))) as port:
        assert port is None
